using System.Text.Json;
using static IoTBackend.Core.Releases.Evidence.EvidenceJson;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence;

/// <summary>Reads SBOMs in SPDX 2 (spdx.github.io/spdx-spec) and CycloneDX (cyclonedx.org/specification) JSON, also inside an in-toto statement.</summary>
public static class SbomReader
{
    private const int MostPackages = 20_000;

    /// <summary>Null = it is none.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static FoundSbom? Read(ReadOnlyMemory<byte> document, string digest) =>
        EvidenceJson.Read(document, root => Read(root, digest) ?? (Object(root, "predicate") is { } predicate ? Read(predicate, digest) : null));

    private static FoundSbom? Read(JsonElement root, string digest)
    {
        var (form, list, version) = Said(root, "spdxVersion") is not null ? ("SPDX", Items(root, "packages"), "versionInfo")
            : Said(root, "bomFormat") == "CycloneDX" ? ("CycloneDX", Items(root, "components"), "version")
            : ("", null, "");
        return list is { Count: > 0 }
            ? new(form, digest, [.. list.Take(MostPackages).Select(p => (Name: Name(p, "name"), Version: Name(p, version))).Where(p => p.Name is not null).Select(p => new FoundPackage(p.Name!, p.Version ?? ""))])
            : null;
    }
}
