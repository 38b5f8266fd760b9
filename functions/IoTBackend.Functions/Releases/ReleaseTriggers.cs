using IoTBackend.Adapters.Releases;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Exposures;
using IoTBackend.Core.Releases.Pushes;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Hosting;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.Releases;

/// <summary>
/// Runs the work of releases and says what came of it. The host gives a message up after some failures; while a store is down that would
/// lose a push or an approval, so such a message is put back, for as long as it takes.
/// </summary>
internal sealed class ReleaseTriggers(
    FollowPush pushes, MakeOffers offer, RunRollout rollouts, SetDesired tell, ReconcilePushes reconcile, FleetImages images, ITracks tracks, IReleaseWork again,
    ReleasesMeter meter, ILogger<ReleaseTriggers> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    [Function("ReadPush")]
    public Task ReadPushAsync([QueueTrigger(ReleaseQueues.Pushes)] string message, CancellationToken cancellationToken) => OrPutBackAsync(
        ReleaseQueues.Pushes, () => ReadAsync(message, cancellationToken), () => again.PutBackAsync(message, Pause, cancellationToken));

    [Function("OfferRelease")]
    public Task OfferAsync([QueueTrigger(ReleaseQueues.Offers)] OfferWork work, CancellationToken cancellationToken) => OrPutBackAsync(
        ReleaseQueues.Offers, () => RunAsync(work, cancellationToken), () => again.QueueAsync(work, Pause, cancellationToken));

    [Function("TellDevices")]
    public Task TellAsync([QueueTrigger(ReleaseQueues.Tells)] TellWork work, CancellationToken cancellationToken) => OrPutBackAsync(
        ReleaseQueues.Tells, () => tell.RunAsync(work, cancellationToken), () => again.QueueAsync(work, Pause, cancellationToken));

    /// <summary>What the queue should have brought on and did not, because somebody died in between.</summary>
    [Function("RunRollouts")]
    public Task RunRolloutsAsync([TimerTrigger("15 * * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken) => rollouts.RunAsync(cancellationToken);

    /// <summary>And a new picture of what the fleet runs, so that who asks about a large one has the answer at once.</summary>
    [Function("ReconcileReleases")]
    public Task ReconcileAsync([TimerTrigger(Schedules.Reconcile)] TimerInfo timer, CancellationToken cancellationToken) =>
        Task.WhenAll(ReconcileAsync(cancellationToken), images.ReadAsync(cancellationToken));

    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        foreach (var (track, error) in await reconcile.RunAsync(cancellationToken))
            Log.NotReconciled(log, track, error);
    }

    private async Task OrPutBackAsync(string queue, Func<Task> work, Func<Task> putBack)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is UnavailableException or ConflictException)
        {
            Log.PutBack(log, queue, e.Message);
            await putBack();
        }
    }

    private async Task ReadAsync(string message, CancellationToken cancellationToken)
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

    private async Task RunAsync(OfferWork work, CancellationToken cancellationToken)
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

    /// <summary>The devices do not wait for a registry that is down.</summary>
    private async Task LookForPushesAsync(Track track, OfferWork work, CancellationToken cancellationToken)
    {
        try
        {
            await reconcile.RunAsync(track, cancellationToken);
        }
        catch (Exception e) when (RegistryRetry.IsCase(e))
        {
            Log.NotReconciled(log, track.Name, e);
            await again.QueueAsync(work with { Attempt = work.Attempt + 1 }, RegistryRetry.After(work.Attempt), cancellationToken);
        }
        catch (Exception e) when (e is not UnavailableException && !cancellationToken.IsCancellationRequested)
        {
            Log.NotReconciled(log, track.Name, e);
        }
    }
}
