using System.Text.Json;
using static IoTBackend.Core.Releases.Evidence.EvidenceJson;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence;

/// <summary>Reads SBOMs in SPDX 2 and 3 (spdx.github.io/spdx-spec) and CycloneDX (cyclonedx.org/specification) JSON, also inside an in-toto statement or GitHub's answer (<c>sbom</c>).</summary>
public static class SbomReader
{
    private const int MostPackages = 20_000;

    /// <summary>Null = it is none.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static FoundSbom? Read(ReadOnlyMemory<byte> document, string digest) =>
        EvidenceJson.Read(document, root => Read(root, digest) ?? ((Object(root, "predicate") ?? Object(root, "sbom")) is { } inner ? Read(inner, digest) : null));

    /// <summary>Of a CycloneDX BOM, those inside others as well: at most <see cref="MostPackages"/>.</summary>
    internal static IEnumerable<JsonElement> Components(JsonElement bom)
    {
        var inside = new Queue<JsonElement>((Items(bom, "components") ?? []).Take(MostPackages));
        for (var taken = 0; taken < MostPackages && inside.TryDequeue(out var component); taken++)
        {
            yield return component;
            foreach (var part in (Items(component, "components") ?? []).Take(MostPackages - inside.Count))
                inside.Enqueue(part);
        }
    }

    private static FoundSbom? Read(JsonElement root, string digest)
    {
        var (form, packages, version) = Said(root, "spdxVersion") is not null ? ("SPDX", Items(root, "packages"), "versionInfo")
            : Said(root, "bomFormat") == "CycloneDX" ? ("CycloneDX", Components(root), "version")
            : Said(root, "@context")?.StartsWith("https://spdx.org/rdf/3.", StringComparison.Ordinal) == true
                ? ("SPDX 3", Items(root, "@graph")?.Where(e => Said(e, "type") == "software_Package"), "software_packageVersion")
            : ("", (IEnumerable<JsonElement>?)null, "");
        FoundPackage[] found = [.. (packages ?? []).Select(p => (Name: Name(p, "name"), Element: p)).Where(p => p.Name is not null).Take(MostPackages).Select(p => new FoundPackage(p.Name!, Name(p.Element, version) ?? ""))];
        return found.Length > 0 ? new(form, digest, found) : null;
    }
}
