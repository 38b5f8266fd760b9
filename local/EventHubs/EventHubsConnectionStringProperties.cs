namespace Azure.Messaging.EventHubs;

/// <summary>The parts of a connection string.</summary>
public class EventHubsConnectionStringProperties
{
    public Uri Endpoint { get; private init; } = null!;
    public string FullyQualifiedNamespace => Endpoint?.Host ?? "";
    public string? EventHubName { get; private init; }
    public string? SharedAccessKeyName { get; private init; }
    public string? SharedAccessKey { get; private init; }
    public string? SharedAccessSignature { get; private init; }

    internal bool UseDevelopmentEmulator { get; private init; }

    /// <summary>Reads <c>Endpoint=sb://...;SharedAccessKeyName=...;SharedAccessKey=...;EntityPath=...</c>, in any order.</summary>
    /// <exception cref="FormatException">A part is malformed, unknown parts are ignored.</exception>
    public static EventHubsConnectionStringProperties Parse(string connectionString)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw new FormatException("The connection string could not be parsed: a part is not of the form name=value.");
            parts[part[..equals].TrimEnd()] = part[(equals + 1)..].TrimStart();
        }
        if (!parts.TryGetValue("Endpoint", out var endpoint)
            || !Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || string.IsNullOrEmpty(uri.Host))
            throw new FormatException("The connection string could not be parsed: Endpoint is missing or is no URI such as sb://name.servicebus.windows.net.");
        return new()
        {
            Endpoint = new UriBuilder(uri) { Scheme = "sb", Port = uri.IsDefaultPort ? -1 : uri.Port }.Uri,
            EventHubName = parts.GetValueOrDefault("EntityPath"),
            SharedAccessKeyName = parts.GetValueOrDefault("SharedAccessKeyName"),
            SharedAccessKey = parts.GetValueOrDefault("SharedAccessKey"),
            SharedAccessSignature = parts.GetValueOrDefault("SharedAccessSignature"),
            UseDevelopmentEmulator = string.Equals(parts.GetValueOrDefault("UseDevelopmentEmulator"), "true", StringComparison.OrdinalIgnoreCase),
        };
    }
}
