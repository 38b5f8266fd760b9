using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;

namespace IoTBackend.Functions.Http;

/// <summary>What may stand in the variable parts of an address. Checked for every function before it runs, so that no store ever meets an odd key.</summary>
internal static class RouteNames
{
    private const int MaxIdLength = 300;

    /// <summary>What is wrong with a value, or null.</summary>
    public static string? Check(string parameter, string value) => parameter switch
    {
        "host" => OciNames.IsHost(value) && Uri.TryCreate($"https://{value}", UriKind.Absolute, out _) ? null : "host must be host[:port] in lower case, as in the names of its images.",
        "track" => OciNames.IsTrack(value) ? null : "track must have 1 to 63 characters of a-z 0-9 . _ -, beginning and ending with a letter or digit.",
        // Ids are the backend's own (alerts', releases', letters'): names joined by signs.
        "id" => value.Length is > 0 and <= MaxIdLength && value.All(c => char.IsAsciiLetterOrDigit(c) || "-_.:~@+=".Contains(c, StringComparison.Ordinal))
            ? null
            : $"id must have 1 to {MaxIdLength} characters of A-Z a-z 0-9 - _ . : ~ @ + =.",
        _ => Name.Check(parameter, value),
    };
}
