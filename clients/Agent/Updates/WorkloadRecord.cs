using System.Text.Json.Serialization;
using IoTBackend.Agent.Configuration;

namespace IoTBackend.Agent.Updates;

/// <summary>An image the backend wants on a track.</summary>
/// <param name="Image"><c>host/repository@sha256:...</c></param>
/// <param name="Attempt">Grows when an operator wants a refused one tried again.</param>
internal sealed record Installation(string Image, string Release, string? Tag = null, int Attempt = 1)
{
    [JsonIgnore]
    public string Name => Tag ?? (Image[(Image.IndexOf('@', StringComparison.Ordinal) + 1)..] is { Length: > 19 } digest ? digest[..19] : Image);
}

[JsonConverter(typeof(JsonStringEnumConverter<TrialPhase>))]
internal enum TrialPhase
{
    /// <summary>To be pulled and verified; the containers are as before.</summary>
    Fetching,

    /// <summary>Here and verified; waits for a good moment.</summary>
    Ready,

    /// <summary>Its container is to run, and is judged.</summary>
    Trying,
}

/// <param name="Starts">Of its container by the agent; counted before each.</param>
/// <param name="Deferred">How long the workload has put it off, and what was wanted before it since something was last tried: newer releases do not begin anew.</param>
internal sealed record Trial(Installation Target, TrialPhase Phase = TrialPhase.Fetching, int Starts = 0, TimeSpan Deferred = default);

/// <summary>An update's state in the backend's words; what is told is the last one, and it is told until it has arrived.</summary>
/// <param name="Attempt">Of the installation: what is told late is not taken for another attempt's.</param>
internal sealed record Report(string Release, int Attempt, string State, string? Reason = null, DateTimeOffset? Until = null)
{
    public static Report Of(Installation installation, string state, string? reason = null, DateTimeOffset? until = null) =>
        new(installation.Release, installation.Attempt, state, reason, until);
}

/// <summary>
/// What is meant to be on one track: written, and on the disk, before anything is done about it. All that is done follows from it and from
/// what the engine says there is (<see cref="Convergence"/>), so that a process may die anywhere.
/// </summary>
internal sealed record WorkloadRecord
{
    /// <summary>Proved itself and is to run; null = nothing yet.</summary>
    public Installation? Current { get; init; }

    /// <summary>Was current before: its image stays, for the way back.</summary>
    public Installation? Previous { get; init; }

    public Trial? Trial { get; init; }

    /// <summary>Failed here; not tried again while the backend wants just this.</summary>
    public Installation? Refused { get; init; }

    /// <summary>The current one was kept a short while ago, and there is a way back from it if it does not last.</summary>
    public bool Watched { get; init; }

    /// <summary>Not told yet.</summary>
    public Report? Report { get; init; }

    /// <summary>Images the agent pulled, and may remove.</summary>
    public IReadOnlyList<string> Fetched { get; init; } = [];

    /// <summary>Images whose containers are to run.</summary>
    public IReadOnlyList<string> Running(Strategy strategy) => (Current, Trial) switch
    {
        (var current, { Phase: TrialPhase.Trying } trial) => strategy == Strategy.Beside && current is not null ? [current.Image, trial.Target.Image] : [trial.Target.Image],
        ({ } current, _) => [current.Image],
        _ => [],
    };

    /// <summary>Images whose containers may be there without running: the way back.</summary>
    [JsonIgnore]
    public string? Standby => Trial is { Phase: TrialPhase.Trying } ? Current?.Image : null;

    [JsonIgnore]
    public IEnumerable<string> Needed => new[] { Current?.Image, Previous?.Image, Trial?.Target.Image }.OfType<string>();

    /// <summary>Whatever runs, ran or is to be removed has been let in and has an image's name, which becomes part of the engine's addresses.</summary>
    [JsonIgnore]
    public bool IsSound => Fetched is { } fetched && (Trial is null || Enum.IsDefined(Trial.Phase)) && new[] { Current?.Image, Previous?.Image, Trial is { Phase: not TrialPhase.Fetching } ? Trial.Target.Image : null }.OfType<string>()
        .Concat(fetched).All(image => ImageName.Parse(image) is not null);

    /// <summary>Nothing is meant, nothing is left, and all has been told.</summary>
    [JsonIgnore]
    public bool IsOver => Current is null && Previous is null && Trial is null && Refused is null && Report is null && Fetched.Count == 0;

    /// <summary>The trial proved itself. This one write decides it.</summary>
    public WorkloadRecord Kept() => this with
    {
        Current = Trial!.Target,
        Previous = Current ?? Previous,
        Trial = null,
        Refused = null,
        Watched = (Current ?? Previous) is not null,
        Report = Report.Of(Trial.Target, "installed"),
    };

    /// <summary>The trial did not. This one write decides it; that the old one runs again follows.</summary>
    public WorkloadRecord PutBack(string reason) => this with
    {
        Trial = null,
        Refused = Trial!.Target,
        Report = Report.Of(Trial.Target, "failed", Told(reason, Current)),
    };

    /// <summary>What was kept did not last. One write as well.</summary>
    public WorkloadRecord TakenBack(string reason) => this with
    {
        Current = Previous,
        Previous = null,
        Refused = Current,
        Watched = false,
        Report = Report.Of(Current!, "failed", Told(reason, Previous)),
    };

    /// <summary>What the backend wants now; equal = nothing new.</summary>
    public WorkloadRecord Want(Installation? wanted)
    {
        if (wanted is null)
            return this with { Current = null, Previous = null, Trial = null, Refused = null, Watched = false };
        if (Current?.Image == wanted.Image)
        {
            // The same image under another release: nothing to do, and that is told.
            return Current == wanted && Trial is null ? this
                : this with { Current = wanted, Trial = null, Refused = null, Report = Current.Release == wanted.Release ? Report : Report.Of(wanted, "installed") };
        }

        if (Trial is { } trial)
            return trial.Target == wanted ? this : this with { Trial = new(wanted, Deferred: trial.Deferred), Refused = null };
        return Refused == wanted ? this : this with { Trial = new(wanted), Refused = null };
    }

    private static string Told(string reason, Installation? back)
    {
        const int most = 256;
        var ending = back is null ? "" : $"; {back.Name} is back";
        return (reason.Length + ending.Length > most ? reason[..(most - ending.Length)] : reason) + ending;
    }
}
