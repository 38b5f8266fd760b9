using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Host;

namespace IoTBackend.Agent.Updates;

/// <summary>Who lets an image in: null = it may run, else why not. May throw <see cref="RegistryUnavailableException"/>.</summary>
internal interface IImageTrust
{
    string? Refusal(string track, ImageName image);

    Task<string?> CheckSignatureAsync(string track, ImageName image, CancellationToken cancellationToken);

    string? CredentialFor(string registry);
}

internal sealed class RegistryUnavailableException(string message) : Exception(message);

/// <summary>Brings one track to what is meant and keeps it there. Each pass reads the record, does one thing, and says how long it may rest.</summary>
/// <param name="changed">A report waits, or another digest runs.</param>
internal sealed class WorkloadRunner(
    string track, WorkloadConfiguration workload, string deviceId, StateFile state, IContainerEngine engine, IImageTrust trust, TimeProvider time, Action<string> say, Action changed)
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AskEngineAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAtLock = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CheckPatience = TimeSpan.FromSeconds(10);

    /// <summary>The track is over.</summary>
    private static readonly TimeSpan ForEver = TimeSpan.MaxValue;

    /// <summary>Of a server that changes its mind before anything has arrived.</summary>
    private const int MostFetched = 20;

    private readonly Wakeup _wakeup = new(time);
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), Random.Shared.NextDouble);
    private readonly TrialWatch _watch = new(time);
    private Report? _told;

    /// <summary>Something new is wanted.</summary>
    public void Wake() => _wakeup.Call();

    /// <summary>Until the track is over and forgotten.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await PassAsync(cancellationToken) is var rest && rest != ForEver)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (rest > TimeSpan.Zero)
                await _wakeup.WaitAsync(rest, cancellationToken);
        }
    }

    /// <summary>One step; how long it may rest then.</summary>
    internal async Task<TimeSpan> PassAsync(CancellationToken cancellationToken)
    {
        try
        {
            var rest = await AdvanceAsync(cancellationToken);
            _backoff.Succeeded();
            return rest;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Also what nobody thought of: one workload's trouble is not the others', and the pause leaves it time to pass.
            var pause = _backoff.Failed();
            say($"{track}: {Fault.Of(e)}; trying again in {pause.TotalSeconds:0} s");
            if (DiskFull.Says(e.Message))
                await MakeRoomAsync(e.Message, time.GetUtcNow() + pause, cancellationToken);
            return pause;
        }
    }

    /// <summary>One step; zero = there is more to do now.</summary>
    private async Task<TimeSpan> AdvanceAsync(CancellationToken cancellationToken)
    {
        var record = state.Read(track);
        // Whatever comes next, what is meant to run goes before it: a download takes hours where the link is bad.
        if (await ConvergeAsync(record, cancellationToken) is { } busy)
            return busy;
        if (record.Fetched.Count > MostFetched)
            await PruneAsync(record, cancellationToken);
        return record.Trial?.Phase switch
        {
            TrialPhase.Fetching => await FetchAsync(record.Trial.Target, cancellationToken),
            TrialPhase.Ready => await WaitForGoodMomentAsync(record, cancellationToken),
            TrialPhase.Trying => await JudgeAsync(record.Trial, cancellationToken),
            _ => await PruneAsync(record, cancellationToken),
        };
    }

    /// <summary>Null = the containers are as they are meant to be.</summary>
    private async Task<TimeSpan?> ConvergeAsync(WorkloadRecord record, CancellationToken cancellationToken)
    {
        var containers = (await engine.ListAsync(cancellationToken)).Where(c => c.Track == track).ToList();
        if (Convergence.Next(record, workload.Strategy, containers) is not { } step)
            return null;
        var trial = record.Trial is { Phase: TrialPhase.Trying } trying && trying.Target.Image == step.Image ? trying : null;
        if (step.Kind == StepKind.Start && trial is not null)
        {
            if (trial.Starts >= Judgement.MaxStarts)
                return Decide(Judgement.Of(workload, null, null, trial.Starts + 1, default)!);
            Change(r => r.Trial == trial ? r with { Trial = trial with { Starts = trial.Starts + 1 } } : r);
        }

        try
        {
            await TakeAsync(step, record, cancellationToken);
        }
        catch (EngineRefusedException refused) when (trial is not null && step.Kind is StepKind.Create or StepKind.Start && !refused.IsDiskFull)
        {
            // An engine that is going down refuses too, in the same words as one that cannot run the image: it is asked again before that counts.
            if (refused.Status >= 500 && !_watch.RefusedForTheLastTime(trial.Target))
            {
                say($"{track}: {refused.Message}; trying again in {AskEngineAgain.TotalSeconds:0} s");
                return AskEngineAgain;
            }

            return Decide(new(step.Kind == StepKind.Create ? $"no container can be made: {refused.Message}" : $"does not start: {refused.Message}"));
        }

        return TimeSpan.Zero;
    }

    private Task TakeAsync(Step step, WorkloadRecord record, CancellationToken cancellationToken) => step.Kind switch
    {
        StepKind.Create => CreateAsync(step.Image, record, cancellationToken),
        StepKind.Start => engine.StartAsync(step.Subject, cancellationToken),
        // What failed its trial gets no time to say good-bye: the old one waits.
        StepKind.Stop => engine.StopAsync(step.Subject, record.Refused?.Image == step.Image ? TimeSpan.FromSeconds(1) : workload.StopWithin, cancellationToken),
        _ => engine.RemoveAsync(step.Subject, cancellationToken),
    };

    private async Task CreateAsync(string image, WorkloadRecord record, CancellationToken cancellationToken)
    {
        // Somebody tidied up, or the engine has another store: by its digest it is the image that was let in.
        if (await engine.FindImageAsync(image, cancellationToken) is null && ImageName.Parse(image) is { } name)
        {
            if (trust.Refusal(track, name) is { } refusal)
                throw new RegistryUnavailableException($"{image} is gone and is not fetched again: {refusal}");
            await PullAsync(name, cancellationToken);
        }

        await engine.CreateAsync(new(ContainerName.Of(deviceId, track, image), track, image, ReleaseOf(image, record), workload.Options), cancellationToken);
    }

    private async Task PullAsync(ImageName image, CancellationToken cancellationToken)
    {
        var text = image.ToString();
        Change(r => r.Fetched.Contains(text) ? r : r with { Fetched = [.. r.Fetched, text] });
        await engine.PullAsync(text, trust.CredentialFor(image.Registry), cancellationToken);
    }

    private static string ReleaseOf(string image, WorkloadRecord record) =>
        record.Trial?.Target is { } target && target.Image == image ? target.Release : record.Current?.Image == image ? record.Current.Release : "";

    private async Task<TimeSpan> FetchAsync(Installation target, CancellationToken cancellationToken)
    {
        if (ImageName.Parse(target.Image) is not { } name)
            return Refuse(target, "this is no image pinned by digest");
        if (trust.Refusal(track, name) is { } refusal)
            return Refuse(target, refusal);
        if (await trust.CheckSignatureAsync(track, name, cancellationToken) is { } unsigned)
            return Refuse(target, unsigned);
        Tell(Report.Of(target, "downloading"));
        var image = await engine.FindImageAsync(target.Image, cancellationToken);
        if (image is null)
        {
            try
            {
                await PullAsync(name, cancellationToken);
            }
            catch (EngineRefusedException refused) when (PullFailure.IsFinal(refused.Message))
            {
                return Refuse(target, refused.Message);
            }

            image = await engine.FindImageAsync(target.Image, cancellationToken) ?? throw new EngineRefusedException(404, "the image was pulled and is not there");
        }

        var info = await engine.InfoAsync(cancellationToken);
        if (image.Platform.Os != info.Platform.Os || image.Platform.Architecture != info.Platform.Architecture)
            return Refuse(target, $"the image is for {image.Platform}, this is {info.Platform}");
        if (Allowance.Refusal(image.Asks, workload.Options) is { } asks)
            return Refuse(target, asks);
        return Move(target, TrialPhase.Ready, Report.Of(target, "downloaded"));
    }

    private async Task<TimeSpan> WaitForGoodMomentAsync(WorkloadRecord record, CancellationToken cancellationToken)
    {
        var target = record.Trial!.Target;
        if (workload.LockFile is { } file && File.Exists(file))
            return Defer(target, Deferral.OfFile(file), LookAtLock);
        if (workload.Ask.Count > 0 && record.Current is { } current
            && (await engine.ListAsync(cancellationToken)).FirstOrDefault(c => c.Track == track && c.Image == current.Image && c.Running) is { } running)
        {
            var answer = await engine.ExecAsync(running.Id, workload.Ask, CheckPatience, cancellationToken);
            if (answer.ExitCode != 0)
                return Defer(target, Deferral.OfAnswer(answer.Output), AskAgain);
        }

        return Move(target, TrialPhase.Trying, Report.Of(target, "installing"));
    }

    private TimeSpan Defer(Installation target, Deferral deferral, TimeSpan again)
    {
        Tell(Report.Of(target, "deferred", deferral.Reason, deferral.Until));
        var left = deferral.Until - time.GetUtcNow();
        return left > TimeSpan.Zero && left < again ? left.Value : again;
    }

    private async Task<TimeSpan> JudgeAsync(Trial trial, CancellationToken cancellationToken)
    {
        var id = (await engine.ListAsync(cancellationToken)).FirstOrDefault(c => c.Track == track && c.Image == trial.Target.Image)?.Id;
        var signs = id is null ? null : await engine.InspectAsync(id, cancellationToken);
        var ran = _watch.See(trial.Target, signs);
        if (signs is { Running: true, Health: Health.Starting } && _watch.HealthIsDue(signs.HealthInterval) && await engine.CheckHealthAsync(id!, cancellationToken) is { } healthy)
            _watch.HealthWas(healthy);
        signs = _watch.WithOwnHealth(signs);
        if (signs is { Running: true } && workload.Check.Count > 0 && _watch.CheckPassed != true)
            _watch.CheckPassed = (await engine.ExecAsync(id!, workload.Check, CheckPatience, cancellationToken)).ExitCode == 0;
        return Judgement.Of(workload, signs, _watch.CheckPassed, trial.Starts, ran) is { } verdict ? Decide(verdict) : Glance;
    }

    private TimeSpan Decide(Verdict verdict)
    {
        var before = state.Read(track).Trial;
        Change(r => r.Trial is null ? r : verdict.Reason is { } reason ? r.PutBack(reason) : r.Kept());
        say($"{track}: {before?.Target.Name} {verdict.Reason ?? "runs and is kept"}");
        return TimeSpan.Zero;
    }

    private TimeSpan Refuse(Installation target, string reason)
    {
        Change(r => r.Trial?.Target == target ? r.PutBack(reason) : r);
        say($"{track}: {target.Name} is refused: {reason}");
        return TimeSpan.Zero;
    }

    private TimeSpan Move(Installation target, TrialPhase phase, Report report)
    {
        Change(r => r.Trial?.Target == target ? r with { Trial = r.Trial with { Phase = phase }, Report = _told = report } : r);
        return TimeSpan.Zero;
    }

    /// <summary>Only what is new: a deferral is told once, not with every look at the lock.</summary>
    private void Tell(Report report)
    {
        if (report == _told)
            return;
        state.ChangeReport(track, r => r.Trial is { Target: var target } && (target.Release, target.Attempt) == (report.Release, report.Attempt) ? report : r.Report);
        changed();
        _told = report;
    }

    private void Change(Func<WorkloadRecord, WorkloadRecord> change)
    {
        state.Change(track, change);
        changed();
    }

    private async Task MakeRoomAsync(string why, DateTimeOffset until, CancellationToken cancellationToken)
    {
        try
        {
            var record = state.Read(track);
            if (record.Trial is { } trial)
                Tell(Report.Of(trial.Target, "deferred", $"the disk is full: {(why.Length > 200 ? why[..200] : why)}", until));
            await PruneAsync(record, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            say($"{track}: no room could be made: {Fault.Of(e)}");
        }
    }

    /// <summary>Removes images the agent pulled and nothing needs any more.</summary>
    private async Task<TimeSpan> PruneAsync(WorkloadRecord record, CancellationToken cancellationToken)
    {
        foreach (var image in record.Fetched.Where(i => !state.IsNeeded(i)).ToList())
        {
            if (!await engine.RemoveImageAsync(image, cancellationToken))
                continue;
            state.Change(track, r => r with { Fetched = [.. r.Fetched.Where(f => f != image)] });
            say($"{track}: removed {image}");
        }

        return state.Forget(track) ? ForEver : Rest;
    }
}
