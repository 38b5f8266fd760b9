using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Pushes;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.Releases;

/// <summary>Runs the work of releases and says what came of it.</summary>
internal sealed class ReleaseWorker(
    Core.Releases.Pushes.ReadPush pushes, Core.Releases.Rollout.OfferRelease offer, ReconcilePushes reconcile, ITracks tracks, ReleasesMeter meter, ILogger<ReleaseWorker> log)
{
    public async Task ReadPushAsync(string message, CancellationToken cancellationToken)
    {
        foreach (var result in await pushes.RunAsync(message, cancellationToken))
        {
            meter.TagRead(result);
            if (result == FollowResult.Refused)
                Log.ContentRefused(log);
        }
    }

    public async Task OfferAsync(OfferWork work, CancellationToken cancellationToken)
    {
        if (work.LookForPushes && await tracks.FindAsync(work.Track, cancellationToken) is { } track)
            await reconcile.RunAsync(track, cancellationToken);
        var devices = await offer.RunAsync(work.Track, cancellationToken);
        meter.Offered(devices);
        if (devices > 0)
            Log.Offered(log, work.Track, devices);
    }

    public async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        foreach (var (track, error) in await reconcile.RunAsync(cancellationToken))
            Log.NotReconciled(log, track, error.Message);
    }
}
