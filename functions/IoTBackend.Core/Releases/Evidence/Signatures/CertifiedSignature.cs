using System.Security.Cryptography.X509Certificates;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>A signature by a short-lived certificate. It is judged at the time a log or an authority says it was used: its own time proves nothing.</summary>
internal static class CertifiedSignature
{
    /// <summary>Log entries, and time stamps.</summary>
    private const int Most = 3;

    public static CheckedSignature Check(
        SignatureForm form, IReadOnlyList<X509Certificate2> chain, IEnumerable<LoggedEntry?> entries, bool proofNeeded, SignedContent content, Func<PublicKey, bool> made, SignatureRules rules,
        IEnumerable<byte[]>? stamps = null)
    {
        using var key = PublicKey.Of(chain[0]);
        if (key is null || !made(key))
            return CheckedSignature.No(form, "Its certificate's key did not make it.");
        var refusal = rules.Timestamps is { Count: > 0 } ? "No log entry and no time stamp dates it." : "No log entry dates it.";
        var times = entries.OfType<LoggedEntry>().Take(Most).Select(entry => LogEntry.TimeOf(entry, proofNeeded, content, chain[0], rules))
            .Concat((stamps ?? []).Take(Most).Select(stamp => Timestamp.TimeOf(stamp, content.Signature, rules)));
        foreach (var time in times.OfType<DateTimeOffset>())
        {
            if (CertificateTrust.Refusal(chain, rules, time) is not { } why)
                return new(CertificateTrust.Signer(chain[0]), CertificateTrust.Name(chain[0]));
            refusal = why;
        }

        return CheckedSignature.No(form, refusal);
    }
}
