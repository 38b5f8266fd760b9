namespace IoTBackend.Core.Devices;

/// <summary>
/// An OCI platform in its normal form. The rules for aliases and defaults are containerd's (containerd/platforms, database.go),
/// after the names that <c>uname -m</c>, .NET and device agents report, which containerd does not know.
/// </summary>
/// <param name="Os">Lower case, for example <c>linux</c>.</param>
/// <param name="Architecture">Go's name: <c>amd64</c>, <c>arm64</c>, <c>arm</c>, <c>386</c> ...</param>
/// <param name="Variant">For example <c>v7</c>; empty = the architecture's default.</param>
public readonly record struct Platform(string Os, string Architecture, string Variant)
{
    /// <summary>Attestations are filed under it (BuildKit, attestation-storage.md); nothing runs on it.</summary>
    public static readonly Platform Unknown = new("unknown", "unknown", "");

    public bool IsKnown => Os is { Length: > 0 } && Os != "unknown" && Architecture is { Length: > 0 } && Architecture != "unknown";

    /// <summary>Reads <c>os/architecture[/variant]</c>; null when it has another shape.</summary>
    public static Platform? Parse(string? text) => text?.Split('/') switch
    {
        [var os, var architecture] when os.Length > 0 && architecture.Length > 0 => Normalise(os, architecture, null),
        [var os, var architecture, var variant] when os.Length > 0 && architecture.Length > 0 => Normalise(os, architecture, variant),
        _ => null,
    };

    public static Platform Normalise(string os, string architecture, string? variant)
    {
        os = os.Trim().ToLowerInvariant();
        var (name, implied) = architecture.Trim().ToLowerInvariant() switch
        {
            "x86_64" or "x86-64" or "x64" => ("amd64", null),
            "i386" or "i486" or "i586" or "i686" or "x86" => ("386", null),
            "aarch64" => ("arm64", null),
            "armhf" or "armv7l" or "armv7" => ("arm", "v7"),
            "armel" or "armv6l" => ("arm", "v6"),
            "armv5l" => ("arm", "v5"),
            "armv8l" => ("arm", "v8"),
            var other => (other, (string?)null),
        };
        variant = implied ?? variant?.Trim().ToLowerInvariant() ?? "";
        return new(os == "macos" ? "darwin" : os, name, (name, variant) switch
        {
            ("amd64", "v1") => "",
            ("386", _) => "",
            ("arm64", "8" or "v8" or "v8.0") => "",
            ("arm64", "9" or "9.0" or "v9.0") => "v9",
            ("arm", "") => "v7",
            ("arm", "5" or "6" or "7" or "8") => "v" + variant,
            _ => variant,
        });
    }

    public override string ToString() => string.IsNullOrEmpty(Variant) ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";
}
