using System.Collections.Frozen;
using System.Security.Cryptography;

namespace IoTBackend.Functions.Console;

/// <param name="Name">As the address has it.</param>
/// <param name="Type">Media type.</param>
/// <param name="ETag">Of the bytes before compression.</param>
/// <param name="Forms">The same bytes by content coding, as the build left them; the empty name is the file itself.</param>
internal sealed record ConsoleFile(string Name, string Type, string ETag, FrozenDictionary<string, byte[]> Forms);

/// <summary>The console as <c>clients/console</c> was built: a few hundred kilobytes, held in memory.</summary>
internal sealed class ConsoleFiles
{
    public const string Index = "index.html";

    /// <summary>The best first.</summary>
    private static readonly (string Coding, string Suffix)[] Codings = [("br", ".br"), ("gzip", ".gz"), ("", "")];

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    private readonly FrozenDictionary<string, ConsoleFile> _files;

    /// <param name="folder">What the build made; where it is missing there is no console.</param>
    public ConsoleFiles(string folder) => _files = Read(folder).ToFrozenDictionary(file => file.Name, StringComparer.Ordinal);

    public ConsoleFile? Find(string name) => _files.GetValueOrDefault(name);

    /// <summary>The smallest form the caller takes.</summary>
    /// <param name="file">What is asked for.</param>
    /// <param name="accepted">Names of content codings; a weight of nought refuses one.</param>
    public static (string Coding, byte[] Bytes) FormFor(ConsoleFile file, string accepted)
    {
        var taken = accepted.Split(',', StringSplitOptions.TrimEntries).Where(c => !c.Replace(" ", "", StringComparison.Ordinal).EndsWith(";q=0", StringComparison.Ordinal))
            .Select(c => c.Split(';')[0].Trim()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var coding = Codings.First(c => c.Coding == "" || (taken.Contains(c.Coding) && file.Forms.ContainsKey(c.Coding))).Coding;
        return (coding, file.Forms[coding]);
    }

    private static IEnumerable<ConsoleFile> Read(string folder)
    {
        if (!Directory.Exists(folder))
            yield break;
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            if (!Types.TryGetValue(Path.GetExtension(path), out var type))
                continue;
            var forms = Codings.Where(c => File.Exists(path + c.Suffix)).ToFrozenDictionary(c => c.Coding, c => File.ReadAllBytes(path + c.Suffix));
            yield return new(Path.GetFileName(path), type, $"\"{Convert.ToHexStringLower(SHA256.HashData(forms[""]).AsSpan(0, 8))}\"", forms);
        }
    }
}
