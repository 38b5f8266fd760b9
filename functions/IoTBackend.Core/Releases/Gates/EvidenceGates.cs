using IoTBackend.Core.Releases.Evidence;

namespace IoTBackend.Core.Releases.Gates;

/// <summary>A list of what is inside is attached: without one nobody can say later whether a new vulnerability concerns it.</summary>
public sealed class SbomGate() : Gate<SbomGate.Lists>("sbom")
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    public sealed record Lists(IReadOnlyList<string> Found, IReadOnlyList<string> Faults);

    protected override string? NotAsked(GateCase release) => release.Track.Gates.Sbom ? null : "No SBOM is asked for.";

    protected override async Task<Lists> GatherAsync(GateCase release, CancellationToken cancellationToken)
    {
        var attached = await release.Attached.Value;
        return new([.. attached.Sboms.Select(s => $"{s.Form}, {s.Packages.Count} packages ({s.Digest})").Order(StringComparer.Ordinal)], attached.Faults);
    }

    public override Judgement Judge(GateCase release, Lists evidence)
    {
        if (evidence.Found.Count > 0)
            return Judgement.Pass($"{string.Join("; ", evidence.Found)}.");
        var until = release.Release.FirstSeenAt + Patience;
        var reason = $"No SBOM (SPDX or CycloneDX) is attached.{AttachedEvidence.InWords(evidence.Faults)}";
        return release.Now < until ? Judgement.Wait(reason, until) : Judgement.Hold(reason);
    }
}

/// <summary>The image is not past the end of life that was announced for it.</summary>
public sealed class EndOfLifeGate() : Gate<EndOfLifeGate.Announced>("endOfLife")
{
    public sealed record Announced(IReadOnlyList<DateTimeOffset> Ends);

    protected override string? NotAsked(GateCase release) => release.Track.Gates.EndOfLife ? null : "End of life is not looked at.";

    protected override async Task<Announced> GatherAsync(GateCase release, CancellationToken cancellationToken) => new((await release.Attached.Value).EndOfLife);

    public override Judgement Judge(GateCase release, Announced evidence) =>
        evidence.Ends.Count == 0 ? Judgement.Pass("No end of life is announced.")
        : evidence.Ends.Min() is var end && end <= release.Now ? Judgement.Hold($"Its end of life was {end:yyyy-MM-dd}.")
        : Judgement.Pass($"Its end of life is {end:yyyy-MM-dd}.");
}
