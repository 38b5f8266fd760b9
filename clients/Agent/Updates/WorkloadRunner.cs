using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Trust;

namespace IoTBackend.Agent.Updates;

/// <summary>Who lets an image in: null = it may run, else why not. May throw <see cref="RegistryUnavailableException"/>.</summary>
internal interface IImageTrust
{
    string? Refusal(string track, ImageName image);

    Task<string?> CheckSignatureAsync(string track, ImageName image, CancellationToken cancellationToken);

    string? CredentialFor(string registry);

    /// <summary>Null = older images may come back.</summary>
    NewestImages? Newest { get; }
}

internal sealed class RegistryUnavailableException(string message) : Exception(message);

/// <summary>Brings one track to what is meant and keeps it there. Each pass reads the record, does one thing, and says how long it may rest.</summary>
/// <param name="pace">Of images the device tries: each costs its flash a download and its service a restart.</param>
/// <param name="changed">A report waits, or another digest runs.</param>
internal sealed class WorkloadRunner(
    string track, WorkloadConfiguration workload, string deviceId, StateFile state, IContainerEngine engine, IImageTrust trust, Pace pace, TimeProvider time, Action<string> say, Action changed)
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AskEngineAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAtLock = TimeSpan.FromSeconds(5);

    /// <summary>What was kept is watched for so long, and anew by an agent that was started again: a clock that nobody can set does not outlive it.</summary>
    private static readonly TimeSpan Afterwards = TimeSpan.FromMinutes(10);

    /// <summary>Of a failed container's last line; the backend takes 256 with what stands around it.</summary>
    private const int MostLastWords = 120;

    /// <summary>As the backend takes it.</summary>
    private const int MostReason = 256;

    /// <summary>Of the engine's words for why it makes or starts no container.</summary>
    private const int MostOfARefusal = 220;

    /// <summary>The track is over.</summary>
    private static readonly TimeSpan ForEver = TimeSpan.MaxValue;

    /// <summary>Of a server that changes its mind before anything has arrived.</summary>
    private const int MostFetched = 20;

    private readonly Wakeup _wakeup = new(time);
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), Random.Shared.NextDouble);
    private readonly TrialWatch _watch = new(time);
    private readonly DeferralBound _deferral = new(workload.DeferAtMost, time);
    private readonly InnerCommand _ask = new(workload.Ask, engine);
    private readonly InnerCommand _check = new(workload.Check, engine);
    private (long At, TimeSpan Again) _asked;
    private Report? _told;
    private long? _watchedSince;
    private Installation? _tried;
    private volatile Fetch? _fetch;

    private sealed record Fetch(Installation Target, Task<TimeSpan> Done, CancellationTokenSource Stop);

    /// <summary>Something new is wanted.</summary>
    public void Wake()
    {
        EndFetchUnless(state.Read(track).Trial);
        _wakeup.Call();
    }

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
        EndFetchUnless(record.Trial);
        if (record.Trial?.Phase != TrialPhase.Ready)
        {
            record = PutOff(record, _deferral.Close(record.Trial));
            _asked = default;
        }

        if (workload.Fault is { } fault && (record.Current ?? record.Trial?.Target) is not null)
            return Stand(record.Trial, fault);
        var containers = await engine.ListAsync(track, cancellationToken);
        // Whatever comes next, what is meant to run goes before it.
        if (await ConvergeAsync(record, containers, cancellationToken) is { } busy)
            return busy;
        if (record.Fetched.Count > MostFetched)
            await PruneAsync(record, cancellationToken);
        return record.Trial?.Phase switch
        {
            TrialPhase.Trying => await JudgeAsync(record.Trial, containers, cancellationToken),
            _ when await LookAfterAsync(record, containers, cancellationToken) => TimeSpan.Zero,
            TrialPhase.Fetching => await FetchAsync(record.Trial.Target, cancellationToken),
            TrialPhase.Ready => await WaitForGoodMomentAsync(record, containers, cancellationToken),
            _ => await PruneAsync(record, cancellationToken),
        };
    }

    /// <summary>What the device's file gives its containers is not known: what runs goes on, and nothing is made.</summary>
    private TimeSpan Stand(Trial? trial, string fault)
    {
        var why = $"the device's file: {fault}";
        if (trial is not null)
            Tell(Report.Of(trial.Target, "deferred", why[..Math.Min(why.Length, MostReason)]));
        return Rest;
    }

    /// <summary>A download takes hours where the link is bad: meanwhile what runs is looked after, and what is wanted instead ends it.</summary>
    private async Task<TimeSpan> FetchAsync(Installation target, CancellationToken cancellationToken)
    {
        if (_fetch is not { } fetch)
        {
            if (target != _tried && pace.Take() is var pause && pause > TimeSpan.Zero)
            {
                Tell(Report.Of(target, "deferred", $"too many images were wanted one after the other; one in {pace.Each.TotalMinutes:0} minutes is tried"));
                return RestAtMost(pause);
            }

            _tried = target;
            var stop = new CancellationTokenSource();
            _fetch = fetch = new(target, FetchAsync(target, stop, cancellationToken), stop);
        }

        if (await Task.WhenAny(fetch.Done, Task.Delay(Rest, time, CancellationToken.None)) != fetch.Done)
            return TimeSpan.Zero;
        _fetch = null;
        return fetch.Stop.IsCancellationRequested ? TimeSpan.Zero : await fetch.Done;
    }

    private async Task<TimeSpan> FetchAsync(Installation target, CancellationTokenSource stop, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, cancellationToken);
        return await LetInAsync(target, either.Token);
    }

    private void EndFetchUnless(Trial? trial)
    {
        if (_fetch is not { } fetch || trial is { Phase: TrialPhase.Fetching } && trial.Target == fetch.Target)
            return;
        fetch.Stop.Cancel();
        // While it ended another may have begun.
        Interlocked.CompareExchange(ref _fetch, null, fetch);
    }

    /// <summary>Null = the containers are as they are meant to be.</summary>
    private async Task<TimeSpan?> ConvergeAsync(WorkloadRecord record, IReadOnlyList<SeenContainer> containers, CancellationToken cancellationToken)
    {
        if (Convergence.Next(record, workload.Strategy, containers) is not { } step)
            return null;
        var trial = record.Trial is { Phase: TrialPhase.Trying } trying && trying.Target.Image == step.Image ? trying : null;
        if (step.Kind == StepKind.Start && trial is not null)
        {
            if (trial.Starts >= Judgement.MaxStarts)
            {
                var signs = _watch.EndedEachTime(trial.Target) ? await engine.InspectAsync(step.Subject, cancellationToken) : null;
                // The engine was faster.
                if (signs is { Running: true })
                    return Glance;
                return Decide(new(await WithLastWordsAsync(signs is null ? Judgement.StartedTooOften : Judgement.Exited(signs.ExitCode), step.Subject, null, cancellationToken)));
            }

            Change(r => r.Trial == trial ? r with { Trial = trial with { Starts = trial.Starts + 1 } } : r);
        }

        try
        {
            await TakeAsync(step, record, cancellationToken);
        }
        catch (EngineRefusedException refused) when (trial is not null && step.Kind is StepKind.Create or StepKind.Start && !refused.IsDiskFull)
        {
            var why = Words.Last(refused.Message, workload.Options.Environment.Values, MostOfARefusal);
            // An engine that is going down refuses too, in the same words as one that cannot run the image: it is asked again before that counts.
            if (refused.Status >= 500 && !_watch.RefusedForTheLastTime(trial.Target))
            {
                say($"{track}: {why}; trying again in {AskEngineAgain.TotalSeconds:0} s");
                return AskEngineAgain;
            }

            return Decide(new(step.Kind == StepKind.Create ? $"no container can be made: {why}" : $"does not start: {why}"));
        }

        if (step.Kind == StepKind.Start && trial is not null)
            _watch.Started(trial.Target);
        // That a trial runs is told when it has proved itself.
        else if (step.Kind == StepKind.Start)
            changed();
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

    private async Task<TimeSpan> LetInAsync(Installation target, CancellationToken cancellationToken)
    {
        if (ImageName.Parse(target.Image) is not { } name)
            return Refuse(target, "this is no image pinned by digest");
        if (trust.Refusal(track, name) is { } refusal)
            return Refuse(target, refusal);
        if (await trust.CheckSignatureAsync(track, name, cancellationToken) is { } unsigned)
            return Refuse(target, unsigned);
        Tell(Report.Of(target, "downloading"));
        EngineImage? image;
        try
        {
            image = await engine.FindImageAsync(target.Image, cancellationToken);
            if (image is null)
            {
                await PullAsync(name, cancellationToken);
                image = await engine.FindImageAsync(target.Image, cancellationToken) ?? throw new EngineRefusedException(404, "the image was pulled and is not there");
            }
        }
        catch (EngineRefusedException refused) when (refused.IsOfImage || PullFailure.IsFinal(refused.Message))
        {
            return Refuse(target, refused.Message);
        }

        var info = await engine.InfoAsync(cancellationToken);
        if (image.Platform.Os != info.Platform.Os || image.Platform.Architecture != info.Platform.Architecture)
            return Refuse(target, $"the image is for {image.Platform}, this is {info.Platform}");
        if (Allowance.Refusal(image.Asks, workload.Options) is { } asks)
            return Refuse(target, asks);
        if (await AgeRefusalAsync(target, name, image, cancellationToken) is { } old)
            return Refuse(target, old);
        return Move(target, TrialPhase.Ready, Report.Of(target, "downloaded"));
    }

    /// <summary>What runs, and what ran before it, may come back at any time.</summary>
    private async Task<string?> AgeRefusalAsync(Installation target, ImageName name, EngineImage image, CancellationToken cancellationToken)
    {
        var record = state.Read(track);
        if (trust.Newest is not { } newest || target.Image == record.Current?.Image || target.Image == record.Previous?.Image)
            return null;
        var runs = record.Current is { } current ? await engine.FindImageAsync(current.Image, cancellationToken) : null;
        return newest.Refusal(track, name, image.Created, runs?.Created);
    }

    private async Task<TimeSpan> WaitForGoodMomentAsync(WorkloadRecord record, IReadOnlyList<SeenContainer> containers, CancellationToken cancellationToken)
    {
        var target = record.Trial!.Target;
        if (_deferral.Reached(record.Trial) is { } most)
            return Move(target, TrialPhase.Trying, Report.Of(target, "installing", $"put off for {Words.Long(most)}, the most this device allows"));
        PutOff(record, _deferral.Written(record.Trial));
        if (workload.LockFile is { } file && File.Exists(file))
            return Defer(target, Deferral.OfFile(file), LookAtLock);
        if (workload.Ask.Count > 0 && record.Current is { } current && containers.FirstOrDefault(c => c.Image == current.Image && c.Running) is { } running)
        {
            if (_asked.Again - time.GetElapsedTime(_asked.At) is var left && left > TimeSpan.Zero)
                return RestAtMost(left);
            var answer = await _ask.RunAsync(running.Id, cancellationToken);
            if (answer.ExitCode != 0)
            {
                var why = answer.ExitCode is null ? new($"the workload was asked and gave no answer in {InnerCommand.Patience.TotalSeconds:0} s") : Deferral.OfAnswer(answer.Output, workload.Options.Environment.Values);
                _asked = (time.GetTimestamp(), Defer(target, why, AskAgain));
                return RestAtMost(_asked.Again);
            }
        }

        return Move(target, TrialPhase.Trying, Report.Of(target, "installing"));
    }

    /// <summary>However long an update waits, what runs is looked after.</summary>
    private static TimeSpan RestAtMost(TimeSpan wait) => wait < Rest ? wait : Rest;

    /// <summary>Counts for whatever is wanted by now.</summary>
    private WorkloadRecord PutOff(WorkloadRecord record, TimeSpan waited) => waited == TimeSpan.Zero ? record
        : state.Change(track, r => r.Trial is { Phase: not TrialPhase.Trying } trial ? r with { Trial = trial with { Deferred = trial.Deferred + waited } } : r);

    private TimeSpan Defer(Installation target, Deferral deferral, TimeSpan again)
    {
        Tell(Report.Of(target, "deferred", deferral.Reason, deferral.Until));
        var left = deferral.Until - time.GetUtcNow();
        return left > TimeSpan.Zero && left < again ? left.Value : again;
    }

    private async Task<TimeSpan> JudgeAsync(Trial trial, IReadOnlyList<SeenContainer> containers, CancellationToken cancellationToken)
    {
        var id = containers.FirstOrDefault(c => c.Image == trial.Target.Image)?.Id;
        var signs = id is null ? null : await engine.InspectAsync(id, cancellationToken);
        var ran = _watch.See(trial.Target, signs);
        if (signs is { Running: true, Health: Health.Starting, Check: { } own } && _watch.HealthIsDue(own.Interval)
            && await engine.CheckHealthAsync(id!, own.Timeout < workload.HealthyWithin ? own.Timeout : workload.HealthyWithin, cancellationToken) is { } healthy)
            _watch.HealthWas(healthy, counts: ran >= own.Interval && ran >= own.StartPeriod);
        signs = _watch.WithOwnHealth(signs);
        var again = Glance;
        if (signs is { Running: true } && workload.Check.Count > 0 && _watch.CheckPassed != true)
        {
            var check = await _check.RunAsync(id!, cancellationToken);
            _watch.CheckPassed = check.ExitCode == 0;
            if (check.ExitCode is null)
                again = Rest;
        }

        var said = Judgement.Of(workload, signs, _watch.CheckPassed, trial.Starts, ran);
        // Before it is kept: a track that is withdrawn right afterwards leaves no other trace.
        if (said is { Reason: null } && trust.Newest is { } newest && ImageName.Parse(trial.Target.Image) is { } name)
            newest.Keep(track, name, (await engine.FindImageAsync(trial.Target.Image, cancellationToken))?.Created);
        return said is not { } verdict ? again
            : Decide(verdict.Reason is { } reason ? new(await WithLastWordsAsync(reason, id, signs, cancellationToken)) : verdict);
    }

    private TimeSpan Decide(Verdict verdict)
    {
        var before = state.Read(track).Trial;
        Change(r => r.Trial is null ? r : verdict.Reason is { } reason ? r.PutBack(reason) : r.Kept());
        _watchedSince = null;
        say($"{track}: {before?.Target.Name} {verdict.Reason ?? "runs and is kept"}");
        return TimeSpan.Zero;
    }

    /// <summary>An image may run for a minute and then end, again and again. True = the one before it is to be back.</summary>
    private async Task<bool> LookAfterAsync(WorkloadRecord record, IReadOnlyList<SeenContainer> containers, CancellationToken cancellationToken)
    {
        if (record is not { Watched: true, Current: { } current, Previous: not null })
            return false;
        _watchedSince ??= time.GetTimestamp();
        var id = containers.FirstOrDefault(c => c.Image == current.Image)?.Id;
        var signs = id is null ? null : await engine.InspectAsync(id, cancellationToken);
        if (Judgement.Afterwards(signs) is not { } why)
        {
            if (time.GetElapsedTime(_watchedSince.Value) > Afterwards)
                state.Change(track, r => r.Current == current ? r with { Watched = false } : r);
            return false;
        }

        var reason = await WithLastWordsAsync(why, id, signs, cancellationToken);
        Change(r => r.Current == current && r.Trial?.Phase != TrialPhase.Trying ? r.TakenBack(reason) : r);
        say($"{track}: {current.Name} {reason}");
        return true;
    }

    /// <summary>Whoever has to find out why it failed is not at the device.</summary>
    private async Task<string> WithLastWordsAsync(string reason, string? container, ContainerSigns? signs, CancellationToken cancellationToken)
    {
        if (container is null)
            return reason;
        // What the check of one that crashed said last says nothing of the crash.
        var said = signs is { Health: Health.Starting or Health.Unhealthy, Restarts: 0, HealthOutput: { } output } && !string.IsNullOrWhiteSpace(output) ? output : await engine.LastLineAsync(container, cancellationToken);
        return said is not null && Words.Last(said, workload.Options.Environment.Values, MostLastWords) is { Length: > 0 } words ? $"{reason}: {words}" : reason;
    }

    private TimeSpan Refuse(Installation target, string reason)
    {
        Change(r => r.Trial is { Phase: TrialPhase.Fetching } trial && trial.Target == target ? r.PutBack(reason) : r);
        say($"{track}: {target.Name} is refused: {reason}");
        return TimeSpan.Zero;
    }

    /// <summary>Forward only: a fetch that was ended may arrive late.</summary>
    private TimeSpan Move(Installation target, TrialPhase phase, Report report)
    {
        Change(r => r.Trial?.Target == target && r.Trial.Phase < phase
            ? r with { Trial = r.Trial with { Phase = phase, Deferred = phase == TrialPhase.Trying ? TimeSpan.Zero : r.Trial.Deferred }, Report = _told = report } : r);
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
