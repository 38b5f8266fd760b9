using System.Text.RegularExpressions;

namespace IoTBackend.Core.Releases.Images;

/// <summary>The grammars of the OCI distribution specification (spec.md, "Pulling manifests"). What does not match is never sent to a registry.</summary>
public static partial class OciNames
{
    public static bool IsRepository(string? value) => value is { Length: <= 255 } && Repository().IsMatch(value);

    public static bool IsTag(string? value) => value is not null && Tag().IsMatch(value);

    /// <summary>Only SHA-256: what every registry uses, and what a malformed digest in another algorithm cannot be confused with.</summary>
    public static bool IsDigest(string? value) => value is not null && Digest().IsMatch(value);

    /// <summary>Tags under which signatures and other referrers are filed; never a version.</summary>
    public static bool IsReferrerTag(string tag) => ReferrerTag().IsMatch(tag);

    /// <summary><c>host[:port]</c>, lower case, as it stands in an image's name.</summary>
    public static bool IsHost(string? value) => value is { Length: <= 255 } && Host().IsMatch(value);

    /// <summary>Names of tracks: they become part of row keys, queue messages and addresses.</summary>
    public static bool IsTrack(string? value) => value is not null && Track().IsMatch(value);

    [GeneratedRegex(@"^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex Repository();

    [GeneratedRegex(@"^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Tag();

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Digest();

    [GeneratedRegex(@"^sha256-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?\z", RegexOptions.NonBacktracking)]
    private static partial Regex ReferrerTag();

    [GeneratedRegex(@"^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Host();

    [GeneratedRegex(@"^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Track();
}
