namespace IoTBackend.Core.Shared;

/// <summary>A value as it was read, with the store's version of it, to write only over what was read.</summary>
public sealed record Versioned<T>(T Value, string Version);
