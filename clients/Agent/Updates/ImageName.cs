namespace IoTBackend.Agent.Updates;

/// <summary><c>host[:port]/repository@sha256:...</c>, and nothing else: no tag, no default registry. It becomes part of addresses and of names.</summary>
internal sealed record ImageName(string Registry, string Repository, string Digest)
{
    private const string Algorithm = "sha256:";

    /// <summary>As engines tell a host from the first part of a repository at Docker Hub, of which anybody may have one (distribution/reference, normalize.go).</summary>
    private static bool IsHost(string text) => text == "localhost" || text.AsSpan().ContainsAny('.', ':');

    public static ImageName? Parse(string? text)
    {
        if (text is not { Length: <= 512 } || text.IndexOf('@', StringComparison.Ordinal) is not (> 0 and var at) || text.IndexOf('/', StringComparison.Ordinal) is not (> 0 and var slash) || slash > at)
            return null;
        var (registry, repository, digest) = (text[..slash], text[(slash + 1)..at], text[(at + 1)..]);
        return IsHost(registry) && char.IsAsciiLetterOrDigit(registry[0]) && registry.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or ':')
            && repository.Length > 0 && repository.Split('/').All(IsPart)
            && IsDigest(digest) ? new(registry, repository, digest) : null;
    }

    /// <summary>Between slashes something, so that no part is <c>.</c> or <c>..</c>.</summary>
    private static bool IsPart(string part) => part.Length > 0 && char.IsAsciiLetterOrDigit(part[0]) && char.IsAsciiLetterOrDigit(part[^1])
        && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-');

    public static bool IsDigest(string? text) => text is not null && text.Length == Algorithm.Length + 64 && text.StartsWith(Algorithm, StringComparison.Ordinal)
        && text[Algorithm.Length..].All(char.IsAsciiHexDigitLower);

    /// <summary><c>host[:port]/repository</c></summary>
    public string Name => $"{Registry}/{Repository}";

    public override string ToString() => $"{Name}@{Digest}";
}
