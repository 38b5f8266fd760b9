using System.Text.Json;
using IoTBackend.Core.Devices;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Images;

/// <summary>
/// Which platform an image is for, when its config and the index's entry may both say it. The config is under the image's own digest and
/// counts; many configs have no variant, and there the index is all that tells Arm v6 from v7.
/// </summary>
internal static class PlatformClaim
{
    /// <summary>Characters; the longest name that is in use has eight.</summary>
    private const int MaxPart = 64;

    /// <param name="claimed">The entry's <c>platform</c>; null = the image stands alone.</param>
    /// <returns>The platform, and what the two disagree about.</returns>
    /// <exception cref="RegistryContentException">A part of it is no name.</exception>
    public static (Platform Platform, string? Contradiction) Settle(JsonElement config, JsonElement? claimed)
    {
        var own = Parts(config);
        var theirs = Parts(claimed);
        // Of an entry about another processor nothing is taken over: its variant would be that one's.
        var same = own.Architecture is null || theirs.Architecture is null || Normal(own, "").Architecture == Normal(theirs, "").Architecture;
        var settled = same ? (own.Os ?? theirs.Os, own.Architecture ?? theirs.Architecture, own.Variant ?? theirs.Variant) : own;
        var platform = Normal(settled, null);
        var contradicts = claimed is not null && platform.IsKnown && Normal((theirs.Os ?? own.Os, theirs.Architecture ?? own.Architecture, theirs.Variant ?? own.Variant), null) != platform;
        return (platform, contradicts ? $"the index says {Show(theirs)}, its config {Show(own)}; the config counts." : null);
    }

    private static (string? Os, string? Architecture, string? Variant) Parts(JsonElement? json) =>
        (Filled(json, "os"), Filled(json, "architecture"), Filled(json, "variant"));

    private static string? Filled(JsonElement? json, string name) => Text(json, name) switch
    {
        null or "" => null,
        { Length: > MaxPart } => throw new RegistryContentException($"Its {name} has more than {MaxPart} characters."),
        var text => string.IsNullOrWhiteSpace(text) ? null : text,
    };

    private static Platform Normal((string? Os, string? Architecture, string? Variant) parts, string? os) =>
        (os ?? parts.Os) is { } system && parts.Architecture is { } architecture ? Platform.Normalise(system, architecture, parts.Variant) : Platform.Unknown;

    private static string Show((string? Os, string? Architecture, string? Variant) parts) =>
        string.Join('/', new[] { parts.Os ?? "?", parts.Architecture ?? "?", parts.Variant }.OfType<string>());
}
