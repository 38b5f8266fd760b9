using IoTBackend.Core.Releases.Evidence;
using IoTBackend.Core.Releases.Evidence.Signatures;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>Enough different signers that the track trusts have signed just this image.</summary>
public sealed class SignatureGate() : Gate<SignatureGate.Signers>("signature")
{
    /// <summary>Signatures are pushed after the image.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <param name="Good">Who signed, each once.</param>
    /// <param name="Refused">Signatures that do not count, and why.</param>
    public sealed record Signers(IReadOnlyList<string> Good, IReadOnlyList<string> Refused);

    protected override string? NotAsked(GateCase release) => release.Track.Gates.Signature is null ? "No signature is asked for." : null;

    protected override async Task<Signers> GatherAsync(GateCase release, CancellationToken cancellationToken)
    {
        var rules = release.Track.Gates.Signature!;
        var found = (await release.Attached.Value).Signatures;
        var all = found.Select(s => SignatureChecks.Check(s, release.Release.Digest, rules, release.Release.FirstSeenAt)).ToList();
        return new(
            [.. all.Where(c => c.Signer is not null).DistinctBy(c => c.Signer).Select(c => c.Name).Order(StringComparer.Ordinal)],
            [.. all.Where(c => c.Signer is null).Select(c => $"{c.Name}: {c.Refusal}").Distinct().Order(StringComparer.Ordinal)]);
    }

    public override Judgement Judge(GateCase release, Signers evidence)
    {
        var needed = release.Track.Gates.Signature!.AtLeast;
        if (evidence.Good.Count >= needed)
            return Judgement.Pass($"Signed by {string.Join(", ", evidence.Good)}.");
        var reason = evidence.Good.Count == 0 ? "No signature that counts was found." : $"Signed by {string.Join(", ", evidence.Good)}: {evidence.Good.Count} of {needed}.";
        reason += AttachedEvidence.InWords(evidence.Refused);
        // A pusher has to put them into a list of their own, and two at once can lose one: none is no final verdict.
        var until = release.Release.FirstSeenAt + Patience;
        return release.Now < until ? Judgement.Wait(reason, until) : Judgement.Hold(reason);
    }
}
