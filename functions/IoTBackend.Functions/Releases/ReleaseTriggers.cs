using IoTBackend.Adapters.Releases;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Pushes;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Functions.Hosting;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.Releases;

/// <summary>Runs the work of releases and says what came of it.</summary>
internal sealed class ReleaseTriggers(
    FollowPush pushes, MakeOffers offer, RunRollout rollouts, SetDesired tell, ReconcilePushes reconcile, FleetImages images, ITracks tracks, IReleaseWork again,
    ReleasesMeter meter, ILogger<ReleaseTriggers> log)
{
    [Function("ReadPush")]
    public async Task ReadPushAsync([QueueTrigger(ReleaseQueues.Pushes)] string message, CancellationToken cancellationToken)
    {
        var outcome = await pushes.RunAsync(message, cancellationToken);
        foreach (var followed in outcome.Followed)
        {
            meter.TagRead(followed.Result);
            if (followed.Result is FollowResult.Refused or FollowResult.Held)
                Log.NotReleased(log, followed.Track, followed.Tag, followed.Reason ?? "");
        }

        foreach (var (registry, error) in outcome.Later)
        {
            meter.ReadLater();
            Log.ReadLater(log, registry, error.Message);
        }
    }

    [Function("OfferRelease")]
    public async Task OfferAsync([QueueTrigger(ReleaseQueues.Offers)] OfferWork work, CancellationToken cancellationToken)
    {
        if (work.Rollout is { } rollout)
        {
            await rollouts.RunAsync(rollout, cancellationToken);
            return;
        }

        if (work.LookForPushes && await tracks.FindAsync(work.Track, cancellationToken) is { } track)
            await LookForPushesAsync(track, work, cancellationToken);
        var devices = await offer.RunAsync(work.Track, cancellationToken);
        meter.Offered(devices);
        if (devices > 0)
            Log.Offered(log, work.Track, devices);
    }

    [Function("TellDevices")]
    public Task TellAsync([QueueTrigger(ReleaseQueues.Tells)] TellWork work, CancellationToken cancellationToken) => tell.RunAsync(work, cancellationToken);

    /// <summary>What the queue should have brought on and did not, because somebody died in between.</summary>
    [Function("RunRollouts")]
    public Task RunRolloutsAsync([TimerTrigger("15 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken) => rollouts.RunAsync(cancellationToken);

    /// <summary>So that who asks what a large fleet runs has the answer at once.</summary>
    [Function("PictureFleet")]
    public Task PictureAsync([TimerTrigger("30 */10 * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken) => images.ReadAsync(cancellationToken);

    [Function("ReconcileReleases")]
    public async Task ReconcileAsync([TimerTrigger(Schedules.Reconcile)] TimerInfo timer, CancellationToken cancellationToken)
    {
        foreach (var (track, error) in await reconcile.RunAsync(cancellationToken))
            Log.NotReconciled(log, track, error.Message);
    }

    /// <summary>The devices do not wait for a registry that is down.</summary>
    private async Task LookForPushesAsync(Track track, OfferWork work, CancellationToken cancellationToken)
    {
        try
        {
            await reconcile.RunAsync(track, cancellationToken);
        }
        catch (RegistryContentException e)
        {
            Log.NotReconciled(log, track.Name, e.Message);
        }
        catch (Exception e) when (RegistryRetry.IsCase(e))
        {
            Log.NotReconciled(log, track.Name, e.Message);
            await again.QueueAsync(work with { Attempt = work.Attempt + 1 }, RegistryRetry.After(work.Attempt), cancellationToken);
        }
    }
}
