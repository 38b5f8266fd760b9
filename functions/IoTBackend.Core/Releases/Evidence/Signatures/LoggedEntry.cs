using System.Globalization;
using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>What says that a transparency log has an entry, as it was found and not checked.</summary>
/// <param name="Body">The entry, base64.</param>
/// <param name="Log">The log's key, by its id.</param>
/// <param name="Promise">The log's signature over all of these, base64.</param>
/// <param name="Proof">That the entry is in the log; null = there is none.</param>
internal readonly record struct LoggedEntry(string Body, long Time, byte[] Log, long Index, string Promise, JsonElement? Proof)
{
    /// <summary>Of a sigstore bundle's <c>tlogEntries</c>.</summary>
    public static LoggedEntry? OfBundle(JsonElement entry) =>
        Text(entry, "canonicalizedBody") is { } body && Text(Object(entry, "inclusionPromise"), "signedEntryTimestamp") is { } promise
        && Text(Object(entry, "logId"), "keyId") is { } keyId && Whole(entry, "integratedTime") is { } time
            ? new(body, time, Convert.FromBase64String(keyId), Whole(entry, "logIndex") ?? 0, promise, Object(entry, "inclusionProof"))
            : null;

    /// <summary>Of cosign's annotation <c>dev.sigstore.cosign/bundle</c> (sigstore/cosign, specs/SIGNATURE_SPEC.md).</summary>
    public static LoggedEntry? OfCosign(JsonElement bundle)
    {
        var payload = Object(bundle, "Payload");
        return Text(payload, "body") is { } body && Text(bundle, "SignedEntryTimestamp") is { } promise && Text(payload, "logID") is { } log && Number(payload, "integratedTime") is { } time
            ? new(body, time, Convert.FromHexString(log), Number(payload, "logIndex") ?? 0, promise, null)
            : null;
    }

    /// <summary>Protobuf's JSON writes 64-bit numbers as strings, and leaves out a 0.</summary>
    private static long? Whole(JsonElement parent, string name) =>
        Number(parent, name) ?? (long.TryParse(Text(parent, name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null);
}
