namespace IoTBackend.EventHubEmulator.Authorization;

/// <summary>The path of an entity in lower case, without scheme, host and port: <c>telemetry/consumergroups/$default/partitions/0</c>.</summary>
internal readonly record struct EntityPath(string Value)
{
    /// <summary>From a link address, a path, or a URI as tokens and audiences carry it.</summary>
    public static EntityPath Parse(string address)
    {
        var scheme = address.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            var slash = address.IndexOf('/', scheme + 3);
            address = slash < 0 ? "" : address[slash..];
        }
        return new(address.Trim('/').ToLowerInvariant());
    }

    public string Hub => Value.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? Value[..slash] : Value;

    /// <summary>Whether the other path is this one or below it, by whole segments.</summary>
    public bool Contains(EntityPath other) =>
        Value.Length == 0
        || (other.Value.StartsWith(Value, StringComparison.Ordinal)
            && (other.Value.Length == Value.Length || other.Value[Value.Length] == '/'));
}
