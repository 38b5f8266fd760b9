namespace IoTBackend.Core.Shared;

/// <summary>
/// A service the backend needs cannot answer now (time-out, 408, 429, 5xx, no connection). The only exception adapters
/// throw for that; it escapes to the entry point, where HTTP answers 503 with Retry-After and the host redelivers events.
/// </summary>
public sealed class UnavailableException(string service, Exception? innerException = null)
    : Exception($"{service} is unavailable.", innerException)
{
    /// <summary>What is down: <c>event hub</c>, <c>table storage</c>, <c>queue storage</c>, <c>blob storage</c>, <c>registry</c>.</summary>
    public string Service { get; } = service;
}
