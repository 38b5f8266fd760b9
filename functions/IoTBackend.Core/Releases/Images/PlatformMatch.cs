using System.Globalization;
using IoTBackend.Core.Devices;

namespace IoTBackend.Core.Releases.Images;

/// <summary>Which platforms a device runs, best first (containerd/platforms, compare.go).</summary>
public static class PlatformMatch
{
    /// <param name="device">The device's own platform.</param>
    /// <param name="acrossFamilies">
    /// Also 32-bit Arm on arm64 and 386 on amd64, as containerd does. Off unless asked for: some ARMv8 and v9 cores have no
    /// AArch32, and not every 64-bit kernel runs 32-bit programs.
    /// </param>
    public static IEnumerable<Platform> Accepted(Platform device, bool acrossFamilies = false)
    {
        foreach (var (architecture, variant) in Ordered(device, acrossFamilies))
            yield return new(device.Os, architecture, variant);
    }

    /// <summary>The entry the device would run, by its own preference and not by the order in the index; null = none.</summary>
    public static T? Choose<T>(Platform device, IReadOnlyList<T> offered, Func<T, Platform> platformOf, bool acrossFamilies = false)
        where T : class
    {
        if (!device.IsKnown)
            return null;
        return Accepted(device, acrossFamilies)
            .Select(accepted => offered.FirstOrDefault(o => platformOf(o) == accepted))
            .FirstOrDefault(found => found is not null);
    }

    private static IEnumerable<(string Architecture, string Variant)> Ordered(Platform device, bool acrossFamilies) => device.Architecture switch
    {
        "amd64" => Falling("amd64", device.Variant, lowest: 1, byDefault: 1).Concat(acrossFamilies ? [("386", "")] : []),
        "arm" => Falling("arm", device.Variant, lowest: 5, byDefault: 7),
        "arm64" => Arm64(device.Variant).Concat(acrossFamilies ? Falling("arm", "v8", 5, 8) : []),
        _ => [(device.Architecture, device.Variant)],
    };

    private static IEnumerable<(string, string)> Falling(string architecture, string variant, int lowest, int byDefault)
    {
        var highest = byDefault;
        if (variant.Length > 0 && !(variant is ['v', .. var digits] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out highest) && highest is > 0 and < 20))
            return [(architecture, variant)];
        return Enumerable.Range(0, Math.Max(highest - lowest + 1, 1))
            .Select(i => Platform.Normalise("", architecture, $"v{highest - i}"))
            .Select(p => (p.Architecture, p.Variant));
    }

    /// <summary>v9.x runs v9.0 to v9.x and what it is based on: v8.(x+5) at most v8.9 (Arm Architecture Reference Manual, A2.2).</summary>
    private static IEnumerable<(string, string)> Arm64(string variant)
    {
        var text = variant.Length == 0 ? "v8.0" : variant is "v9" ? "v9.0" : variant;
        if (text is not ['v', var major and ('8' or '9'), '.', var minorDigit] || !char.IsAsciiDigit(minorDigit)
            || (major == '9' && minorDigit > '7'))
            return [("arm64", variant)];
        var minor = minorDigit - '0';
        var eight = major == '8' ? minor : Math.Min(9, minor + 5);
        var nines = major == '9' ? Enumerable.Range(0, minor + 1).Select(i => minor - i == 0 ? "v9" : $"v9.{minor - i}") : [];
        var eights = Enumerable.Range(0, eight + 1).Select(i => eight - i == 0 ? "" : $"v8.{eight - i}");
        return nines.Concat(eights).Select(v => ("arm64", v));
    }
}
