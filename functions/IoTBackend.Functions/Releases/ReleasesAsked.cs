namespace IoTBackend.Functions.Releases;

/// <summary>Which releases an operator asks for.</summary>
/// <param name="Track">Those of one track.</param>
internal sealed record ReleasesAsked(string? Track = null);
