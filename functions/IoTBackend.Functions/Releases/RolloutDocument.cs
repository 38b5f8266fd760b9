using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Judging;
using IoTBackend.Core.Releases.Rollout;

namespace IoTBackend.Functions.Releases;

/// <summary>A rollout as the API shows it.</summary>
/// <param name="Round">How often the release went out so far.</param>
/// <param name="Number">Steps so far: what If-Match is compared with.</param>
/// <param name="State">What it does now.</param>
/// <param name="Reason">Why it is in this state.</param>
/// <param name="StartAt">When it is to start; missing = when an operator says so.</param>
/// <param name="Wave">From 1.</param>
/// <param name="Limits">How many devices may have begun by the end of each wave.</param>
/// <param name="Fleet">Devices it is for: the sum of its counts.</param>
/// <param name="Counts">Devices by step.</param>
/// <param name="Waiting">Devices that have not begun, by what they wait for; the others wait for their wave. Who waits only for its turn waits for <c>paused</c> or <c>stopped</c> while an operator has to decide.</param>
/// <param name="Told">Devices that were told and have not switched, by what keeps them: <c>deferred</c>, <c>offline</c>.</param>
/// <param name="Failed">Devices that failed, by why.</param>
/// <param name="Lost">Devices that left the denominator, by why.</param>
/// <param name="WindowOpensAt">When devices may be told again; missing = now.</param>
/// <param name="AskAgainAt">The figures could not tell; they are asked again then.</param>
/// <param name="Answer">What the figures said last.</param>
/// <param name="Criteria">What each criterion said, with its interval and the smallest effect it could have seen.</param>
/// <param name="Forecast">The waves from this one on, if all goes well.</param>
internal sealed record RolloutDocument(
    string Release, string Track, int Round, long Number, RolloutState State, string? Reason, DateTimeOffset CreatedAt, DateTimeOffset? StartAt, DateTimeOffset? EndedAt, string? Previous,
    int Wave, DateTimeOffset WaveSince, IReadOnlyList<int> Limits, int Fleet, IReadOnlyDictionary<string, int> Counts,
    IReadOnlyDictionary<string, int> Waiting, IReadOnlyDictionary<string, int> Told, IReadOnlyDictionary<string, int> Failed, IReadOnlyDictionary<string, int> Lost,
    DateTimeOffset? WindowOpensAt, DateTimeOffset? AskAgainAt, Answer? Answer, IReadOnlyList<CriterionFinding> Criteria, IReadOnlyList<WaveForecast> Forecast, TrackRollout Rules)
{
    public static RolloutDocument Of(StagedRollout r, DateTimeOffset now) => new(
        r.Release, r.Track, r.Round, r.Number, r.State, r.Reason, r.CreatedAt, r.StartAt, r.EndedAt, r.Previous,
        r.Wave + 1, r.WaveSince, r.Limits, r.Fleet, r.Counts.Steps(),
        r.Waiting(), r.Counts.By(UpdateStep.Told), r.Counts.By(UpdateStep.Failed), r.Counts.By(UpdateStep.Lost),
        r.WindowOpensAt(now), r.AskAgainAt, r.Finding?.Answer, r.Finding?.Criteria ?? [],
        r.Forecast(now), r.Rules);
}
