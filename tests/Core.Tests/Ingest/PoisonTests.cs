using System.Diagnostics.Metrics;
using System.Text;
using Core.Tests.State;
using CsCheck;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.DependencyInjection;

namespace Core.Tests.Ingest;

/// <summary>Nothing that a device sends holds up the others of its partition.</summary>
public sealed class PoisonTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly MemoryDeviceStates _states = new();
    private readonly List<DeadLetter> _letters = [];

    [Fact]
    public async Task Readings_of_one_instant_that_open_and_clear_an_alert_again_and_again_are_stored()
    {
        var readings = Enumerable.Repeat(-50, 2500);
        for (var i = 0; i < 5; i++)
            readings = readings.Concat(Enumerable.Repeat(-120, 25)).Concat(Enumerable.Repeat(-50, 150));
        await RunAsync(Event(1, "a", $"[{string.Join(',', readings.Select(r => $$$"""{"link":{"rssi":{{{r}}}}}"""))}]"));
        Assert.Equal(3375, _states.Records["a"].Readings);
        Assert.Empty(_letters);
        Assert.InRange(_states.Alerts.Count, 1, AlertSteps.MaxPerKind);
    }

    [Fact]
    public async Task A_backlog_of_events_that_all_say_something_is_one_commit_of_few_rows()
    {
        await RunAsync([.. Enumerable.Range(1, 150).Select(i => Event(i, "a", $"[{string.Join(',', Enumerable.Range(0, 175).Select(r => $$$"""{"link":{"rssi":{{{((i + r / 25) % 2 == 0 ? -50 : -120)}}}},"seq":{{{(i * 37 + r * r) % 300}}}}"""))}]"))]);
        Assert.Equal(150 * 175, _states.Records["a"].Readings);
        Assert.Equal(1, _states.Commits);
    }

    [Fact]
    public async Task What_the_store_refuses_for_good_is_dead_lettered_event_by_event_and_the_rest_is_stored()
    {
        _states.Refuses = c => c.DeviceId == "a" && c.Record.SequenceSum >= 1000 ? "400 PropertyValueTooLarge" : null;
        await RunAsync(Event(1, "a", """{"seq":8}"""), Event(2, "a", """{"seq":1000}"""), Event(3, "b", """{"seq":1000}"""), Event(4, "a", """{"seq":16}"""), Event(5, "a", """{"seq":2000}"""));
        Assert.Equal([2L, 5L], _letters.Select(l => l.Event.SequenceNumber));
        Assert.All(_letters, l => Assert.Contains("400 PropertyValueTooLarge", l.Reason, StringComparison.Ordinal));
        Assert.Equal((2, 24UL, 1L), (_states.Records["a"].Readings, _states.Records["a"].SequenceSum, _states.Records["b"].Readings));
    }

    [Fact]
    public async Task A_large_backlog_is_taken_in_by_bytes()
    {
        await RunAsync([.. Enumerable.Range(1, 60).Select(i => Event(i, "a", $$"""{"x":"{{new string('x', 900_000)}}"}"""))]);
        Assert.Equal((60, 4), (_states.Records["a"].Readings, _states.Commits));
    }

    [Fact]
    public async Task A_message_without_bytes_is_dead_lettered_with_its_reason()
    {
        await RunAsync(Event(1, "a", "") with { Problem = "The message's body is not bytes." }, Event(2, "a", ""), Event(3, "a", "{}"));
        Assert.Equal(["The message's body is not bytes.", "The body is empty; a heartbeat is {}."], _letters.Select(l => l.Reason));
        Assert.Equal(1, _states.Records["a"].Readings);
    }

    [Fact]
    public void However_often_a_subject_changes_its_mind_few_distinct_steps_say_where_it_ended() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3]).Array[0, 200].Sample(moves =>
        {
            var steps = new List<AlertTransition>();
            var open = new Dictionary<AlertKind, DateTimeOffset> { [(AlertKind)0] = Start.AddDays(-1) };
            foreach (var (kind, seconds) in moves.Select(m => ((AlertKind)m.Item1, m.Item2)))
            {
                var at = Start.AddSeconds(seconds);
                if (open.Remove(kind, out var raised))
                    steps.Add(Step(kind, AlertChange.Cleared, raised, at));
                else
                    steps.Add(Step(kind, AlertChange.Opened, open[kind] = at, at));
            }

            var folded = AlertSteps.Fold(steps);
            Assert.Distinct(folded.Select(s => (s.AlertId, s.Change)));
            Assert.All(folded.CountBy(s => s.Kind), k => Assert.InRange(k.Value, 1, AlertSteps.MaxPerKind));
            foreach (var kind in steps.Select(s => s.Kind).Distinct())
            {
                // An alert that was open before and is told nothing more of stays open; one that is open now was told.
                Assert.Equal(steps.Last(s => s.Kind == kind).AlertId, folded.Last(s => s.Kind == kind).AlertId);
                Assert.Equal(open.ContainsKey(kind), folded.Last(s => s.Kind == kind).Change != AlertChange.Cleared);
            }

            if (steps.Exists(s => s.Kind == 0) && steps.Count(s => s.Kind == 0) > 1)
                Assert.Contains(folded, s => s.Kind == 0 && s.RaisedAt == Start.AddDays(-1) && s.Change == AlertChange.Cleared);
        });

    [Fact]
    public void A_step_names_as_many_members_as_fit_into_a_message() =>
        Assert.Equal(100, ((string[])AlertSteps.Fold([Step(AlertKind.GroupOutage, AlertChange.Opened, Start, Start) with
        {
            Evidence = new Dictionary<string, object> { ["members"] = Enumerable.Range(0, 400).Select(i => $"{i}").ToArray() },
        }])[0].Evidence["members"]).Length);

    [Fact]
    public void Whatever_comes_in_a_batch_every_commit_keeps_the_stores_rules_and_every_event_ends_somewhere()
    {
        var reading = Gen.OneOf(
            Gen.Int[-200, 20].Select(r => $$$"""{"link":{"rssi":{{{r}}}}}"""),
            Gen.Int[0, 100].Select(p => $$$"""{"battery":{"percent":{{{p}}},"voltage":{{{p / 25.0:0.0}}}}}"""),
            Gen.Int[0, 300].Select(s => $$"""{"seq":{{s}}}"""),
            Gen.Const("""{"seq":-1}"""), Gen.Const("7"), Gen.Const("{}"));
        var body = Gen.OneOf(
            Gen.Select(reading, Gen.Int[1, 400]).Select((r, n) => $"[{string.Join(',', Enumerable.Repeat(r, n))}]"),
            reading.Array[1, 60].Select(r => $"[{string.Join(',', r)}]"),
            Gen.String[0, 20]);
        Gen.Select(Gen.Int[0, 4].Select(i => new[] { "a", "b", "stranger", "disabled", null }[i]), body, Gen.Int[0, 3]).Array[1, 40].Sample(events =>
        {
            var (states, letters) = (new MemoryDeviceStates { Refuses = c => c.Record.Readings % 13 == 12 ? "400" : null }, new List<DeadLetter>());
            var at = Start;
            var batch = events.Select((e, i) => Event(i, e.Item1, e.Item2) with { EnqueuedAt = at += TimeSpan.FromSeconds(e.Item3) }).ToArray();
            Processing(states, letters).RunAsync(0, batch, CancellationToken.None).GetAwaiter().GetResult();
            Processing(states, letters).RunAsync(0, batch, CancellationToken.None).GetAwaiter().GetResult();
            foreach (var @event in batch)
            {
                Assert.True(letters.Any(l => l.Event.SequenceNumber == @event.SequenceNumber)
                    || states.Records[@event.DeviceId!].Positions.HasSeen(0, @event.SequenceNumber));
            }
        }, iter: 60);
    }

    private Task RunAsync(params HubEvent[] events) => Processing(_states, _letters).RunAsync(0, events, TestContext.Current.CancellationToken);

    private static ApplyTelemetry Processing(MemoryDeviceStates states, List<DeadLetter> letters) => new(
        states, new Letters(letters), new(new Catalog()),
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), TimeProvider.System));

    private static AlertTransition Step(AlertKind kind, AlertChange change, DateTimeOffset raisedAt, DateTimeOffset at) => new()
    {
        AlertId = AlertTransition.IdOf("a", kind, raisedAt),
        Kind = kind,
        Change = change,
        Severity = Severity.Warning,
        Summary = "x",
        RaisedAt = raisedAt,
        At = at,
    };

    private static HubEvent Event(long sequenceNumber, string? deviceId, string body) => new()
    {
        SequenceNumber = sequenceNumber,
        EnqueuedAt = Start,
        DeviceId = deviceId,
        Body = Encoding.UTF8.GetBytes(body),
    };

    private sealed class Catalog : IDeviceCatalog
    {
        public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => new(
            deviceId == "stranger" ? null : new Device { Id = deviceId, RegisteredAt = Start, Enabled = deviceId != "disabled", Model = "m", Groups = [.. Enumerable.Range(0, 32).Select(i => $"{i:D128}")] });

        public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) =>
            new(new DeviceModel { Name = model, Battery = new(LowPercent: 20, CriticalPercent: 5) });
    }

    private sealed class Letters(List<DeadLetter> letters) : IDeadLetters
    {
        public Task AddAsync(IReadOnlyList<DeadLetter> added, CancellationToken cancellationToken)
        {
            lock (letters)
                letters.AddRange(added);
            return Task.CompletedTask;
        }
    }
}
