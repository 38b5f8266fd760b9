using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.FunctionsHost.Http;

/// <summary>The one key of a local host; good for every level that needs one, as a master key is in Azure.</summary>
internal sealed class OperatorKey
{
    private readonly byte[] hash;

    private OperatorKey(string key) => hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>The preset key, else the one in <c>operator.key</c>, else a new random one of 256 bits; kept there for the owner's eyes only.</summary>
    public static OperatorKey Open(string stateDirectory, string? preset)
    {
        Directory.CreateDirectory(stateDirectory);
        var path = Path.Combine(stateDirectory, "operator.key");
        var kept = File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        if (preset is { Length: > 0 } && preset != kept)
            Keep(preset, path, overwrite: true);
        else if (preset is not { Length: > 0 } && kept.Length == 0)
        {
            Keep(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), path, overwrite: File.Exists(path));
            // Of two hosts that start at once the first one's key is both's.
            kept = File.ReadAllText(path).Trim();
        }
        return new(preset is { Length: > 0 } ? preset : kept);
    }

    /// <summary>Written aside and moved, so that no reader sees half a key.</summary>
    private static void Keep(string key, string path, bool overwrite)
    {
        var draft = $"{path}.{Guid.NewGuid():n}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(draft, options))
            writer.WriteLine(key);
        try
        {
            File.Move(draft, path, overwrite);
        }
        catch (IOException) when (!overwrite && File.Exists(path))
        {
            File.Delete(draft);
        }
    }

    /// <summary>Whether the request carries the key, in the header <c>x-functions-key</c> or as <c>?code=</c>. Takes the same time for every wrong key.</summary>
    public bool Admits(HttpRequest request)
    {
        var offered = request.Headers.TryGetValue("x-functions-key", out var header) ? header.ToString()
            : request.QueryString.HasValue ? request.Query["code"].ToString()
            : "";
        return offered.Length is > 0 and <= 1024 && Matches(offered);
    }

    internal bool Matches(string offered)
    {
        // Hashed first: equal lengths, so that the comparison tells nothing of the key's length either.
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(offered), digest);
        return CryptographicOperations.FixedTimeEquals(digest, hash);
    }
}
