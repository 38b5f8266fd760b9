using System.Security.Cryptography.X509Certificates;

namespace IoTBackend.Core.Releases.Evidence.Signatures;

/// <summary>A signature by a short-lived certificate. It is judged at the time a log says it was used: its own time proves nothing.</summary>
internal static class CertifiedSignature
{
    private const int MaxEntries = 3;

    public static CheckedSignature Check(
        SignatureForm form, IReadOnlyList<X509Certificate2> chain, IEnumerable<LoggedEntry?> entries, bool proofNeeded, SignedContent content, Func<PublicKey, bool> made, SignatureRules rules)
    {
        using var key = PublicKey.Of(chain[0]);
        if (key is null || !made(key))
            return CheckedSignature.No(form, "Its certificate's key did not make it.");
        var refusal = "No log entry dates it.";
        foreach (var entry in entries.OfType<LoggedEntry>().Take(MaxEntries))
        {
            if (LogEntry.TimeOf(entry, proofNeeded, content, chain[0], rules) is not { } time)
                continue;
            if (CertificateTrust.Refusal(chain, rules, time) is not { } why)
                return new(CertificateTrust.Signer(chain[0]), CertificateTrust.Name(chain[0]));
            refusal = why;
        }

        return CheckedSignature.No(form, refusal);
    }
}
