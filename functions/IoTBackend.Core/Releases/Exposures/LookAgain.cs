using IoTBackend.Core.Releases.Gates;

namespace IoTBackend.Core.Releases.Exposures;

/// <summary>A track's rules are others now: what is out, and what was found to be exposed, is looked at by them at once.</summary>
public sealed class LookAgain(ITracks tracks, IReleases releases, OperatorDecisions decisions)
{
    public async Task RunAsync(string track, CancellationToken cancellationToken)
    {
        var current = (await tracks.CurrentAsync(track, cancellationToken))?.Value;
        await foreach (var release in releases.ListAsync(track, cancellationToken))
        {
            if (release.Id == current || release.Exposed is not null)
                await decisions.JudgeAgainAsync(release, cancellationToken);
        }
    }
}
