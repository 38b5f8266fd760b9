namespace IoTBackend.FunctionsHost;

/// <summary>Something the user has to put right; the message says it all.</summary>
internal sealed class HostException(string message) : Exception(message);
