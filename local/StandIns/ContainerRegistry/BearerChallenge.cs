namespace Azure.Containers.ContainerRegistry;

/// <summary><c>Bearer realm="...",service="...",scope="..."</c> (RFC 6750 section 3). The realm is not used: tokens come from the registry's own address.</summary>
internal sealed record BearerChallenge(string Service, string Scope)
{
    public static BearerChallenge? Parse(string header)
    {
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return null;
        string? service = null, scope = null;
        for (var rest = header.AsSpan("Bearer ".Length); rest.IndexOf('=') is > 0 and var equals;)
        {
            var name = rest[..equals].Trim(", ");
            rest = rest[(equals + 1)..];
            var quoted = rest.StartsWith("\"");
            if (quoted)
                rest = rest[1..];
            var end = rest.IndexOf(quoted ? '"' : ',');
            var value = end < 0 ? rest : rest[..end];
            if (name.Equals("service", StringComparison.OrdinalIgnoreCase))
                service = value.ToString();
            else if (name.Equals("scope", StringComparison.OrdinalIgnoreCase))
                scope = value.ToString();
            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return service is null || scope is null ? null : new(service, scope);
    }
}
