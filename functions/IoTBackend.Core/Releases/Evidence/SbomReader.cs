using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence;

/// <summary>Reads SBOMs in SPDX 2 and 3 (spdx.github.io/spdx-spec) and CycloneDX (cyclonedx.org/specification) JSON, also inside an in-toto statement.</summary>
public static class SbomReader
{
    private const int MostPackages = 20_000;

    /// <summary>Null = it is none.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static FoundSbom? Read(ReadOnlyMemory<byte> document, string digest)
    {
        using var json = EvidenceJson.Parse(document);
        return Read(json.RootElement, digest) ?? (Object(json.RootElement, "predicate") is { } predicate ? Read(predicate, digest) : null);
    }

    /// <summary>Of a CycloneDX BOM, those inside others as well: at most <see cref="MostPackages"/>.</summary>
    internal static IEnumerable<JsonElement> Components(JsonElement bom)
    {
        var inside = new Queue<JsonElement>(Items(bom, "components") ?? []);
        for (var taken = 0; taken < MostPackages && inside.TryDequeue(out var component); taken++)
        {
            yield return component;
            foreach (var part in Items(component, "components") ?? [])
                inside.Enqueue(part);
        }
    }

    private static FoundSbom? Read(JsonElement root, string digest)
    {
        var (form, packages, version) = Text(root, "spdxVersion") is not null ? ("SPDX", Items(root, "packages"), "versionInfo")
            : Text(root, "bomFormat") == "CycloneDX" ? ("CycloneDX", Components(root), "version")
            : Text(root, "@context")?.StartsWith("https://spdx.org/rdf/3.", StringComparison.Ordinal) == true
                ? ("SPDX 3", Items(root, "@graph")?.Where(e => Text(e, "type") == "software_Package"), "software_packageVersion")
            : ("", (IEnumerable<JsonElement>?)null, "");
        FoundPackage[] found = [.. (packages ?? []).Where(p => Text(p, "name") is not null).Take(MostPackages).Select(p => new FoundPackage(Text(p, "name")!, Text(p, version) ?? ""))];
        return found.Length > 0 ? new(form, digest, found) : null;
    }
}
