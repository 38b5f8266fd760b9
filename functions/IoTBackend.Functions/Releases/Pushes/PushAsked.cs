namespace IoTBackend.Functions.Releases.Pushes;

/// <param name="Registry">Host of the registry that sends, where its events do not say.</param>
internal sealed record PushAsked(string? Registry = null);
