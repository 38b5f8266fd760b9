using System.Text.Json;
using CsCheck;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace Core.Tests.Alerts.Episodes;

public sealed class AlertLifeTests
{
    private static readonly DateTimeOffset Raised = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<AlertTransition> AnyStep =
        from change in Gen.Enum<AlertChange>()
        from seconds in Gen.Int[0, 5]
        from severity in Gen.Enum<Severity>()
        from words in Gen.Int[0, 2]
        select Step(change, seconds, severity, $"words {words}");

    [Fact]
    public void Any_order_and_any_repetition_of_an_episodes_steps_end_in_the_same_alert()
    {
        var episode = from steps in AnyStep.Array[0, 6] select (AlertTransition[])[Step(AlertChange.Opened, 0), .. steps];
        var told = from steps in episode
                   from order in Gen.Shuffle((AlertTransition[])[.. steps, .. steps, .. steps])
                   from extra in Gen.Int[0, steps.Length]
                   select (steps, shuffled: (AlertTransition[])[.. order, .. order.Take(extra)]);
        told.Sample(t => Fold(t.steps) == Fold(t.shuffled));
    }

    [Fact]
    public void A_repeated_step_changes_nothing_and_is_told_to_nobody() =>
        AnyStep.Array[1, 6].Sample(steps =>
        {
            var alert = steps.Aggregate((Alert?)null, AlertLife.Apply)!;
            return steps.All(step => AlertLife.Apply(alert, step) == alert && AlertLife.NewsOf(alert, alert, step) is null);
        });

    [Fact]
    public void Every_step_of_an_alerts_life_is_news_once_and_none_after_its_end() =>
        AnyStep.Array[1, 8].Sample(steps =>
        {
            Alert? alert = null;
            var told = new List<AlertNews>();
            foreach (var step in steps)
            {
                var next = AlertLife.Apply(alert, step);
                if (AlertLife.NewsOf(alert, next, step) is { } news && news != AlertNews.Worse)
                    told.Add(news);
                alert = next;
            }

            return told.Distinct().Count() == told.Count
                && steps.Any(s => s.Change == AlertChange.Cleared) == told.Contains(AlertNews.Cleared)
                && (!told.Contains(AlertNews.Cleared) || told[^1] == AlertNews.Cleared);
        });

    [Fact]
    public void A_clearing_that_comes_before_its_opening_ends_cleared()
    {
        var alert = AlertLife.Apply(AlertLife.Apply(null, Step(AlertChange.Cleared, 9)), Step(AlertChange.Opened, 1));
        Assert.Equal((AlertState.Cleared, Raised.AddSeconds(1), Raised.AddSeconds(9)), (alert.State, alert.OpenedAt, alert.ClearedAt));
    }

    [Fact]
    public void Whatever_is_said_later_why_it_was_raised_stays_in_the_words_of_that_time()
    {
        Assert.Null(AlertLife.Apply(null, Step(AlertChange.Opened, 1)).Raise);
        var alert = new[] { Step(AlertChange.Revised, 5, summary: "The link was bad."), Step(AlertChange.Opened, 1, summary: "Silent."), Step(AlertChange.Cleared, 9, Severity.Information, "Back.") }
            .Aggregate((Alert?)null, AlertLife.Apply)!;
        Assert.Equal(("Back.", "Silent.", Severity.Warning, 1), (alert.Summary, alert.Raise!.Summary, alert.Raise.Severity, alert.Raise.Evidence["seconds"]));
    }

    [Fact]
    public void An_acknowledgement_after_the_clearing_is_kept_and_the_alert_stays_cleared()
    {
        var alert = AlertLife.Apply(AlertLife.Apply(null, Step(AlertChange.Cleared, 1)), Step(AlertChange.Acknowledged, 2));
        Assert.Equal((AlertState.Cleared, Raised.AddSeconds(2)), (alert.State, alert.AcknowledgedAt));
    }

    [Fact]
    public void Getting_worse_is_news_and_getting_better_is_not()
    {
        var before = AlertLife.Apply(null, Step(AlertChange.Opened, 0, Severity.Warning));
        foreach (var (severity, news) in new[] { (Severity.Critical, AlertNews.Worse), (Severity.Information, (AlertNews?)null) })
        {
            var step = Step(AlertChange.Revised, 1, severity);
            Assert.Equal(news, AlertLife.NewsOf(before, AlertLife.Apply(before, step), step));
        }
    }

    [Fact]
    public void Who_acknowledged_first_is_named()
    {
        var alert = AlertLife.Apply(AlertLife.Apply(null, Step(AlertChange.Acknowledged, 2) with { By = "second" }), Step(AlertChange.Acknowledged, 1) with { By = "first" });
        Assert.Equal(("first", Raised.AddSeconds(1)), (alert.AcknowledgedBy, alert.AcknowledgedAt));
    }

    [Fact]
    public void An_alert_that_version_0_1_stored_is_read_with_its_mute()
    {
        const string Stored = """{"id":"d1~device.offline~1","kind":"device.offline","severity":"warning","worstSeverity":"critical","deviceId":"d1","groups":["a"],"summary":"Silent.","evidence":{},"raisedAt":"2026-11-01T00:00:00+00:00","saidAt":"2026-11-01T00:00:00+00:00","saidBy":"opened","openedAt":"2026-11-01T00:00:00+00:00","silencedBy":"s","state":"open"}""";
        var alert = JsonSerializer.Deserialize<Alert>(Stored, WireJson.Options)!;
        Assert.Equal(("s", null, AlertState.Open), (alert.MutedBy, alert.Channels, alert.State));
    }

    [Fact]
    public void A_stored_alert_is_what_it_was() =>
        AnyStep.Array[1, 6].Sample(steps =>
        {
            var alert = steps.Aggregate((Alert?)null, AlertLife.Apply)!;
            var stored = JsonSerializer.Deserialize<Alert>(JsonSerializer.Serialize(alert, WireJson.Options), WireJson.Options)!;
            return steps.All(step => AlertLife.Apply(stored, step) == stored);
        });

    internal static AlertTransition Step(AlertChange change, int seconds, Severity severity = Severity.Warning, string summary = "It is silent.") => new()
    {
        AlertId = AlertTransition.IdOf("d1", AlertKind.DeviceOffline, Raised),
        Change = change,
        Kind = AlertKind.DeviceOffline,
        Severity = severity,
        DeviceId = "d1",
        Groups = ["site-a"],
        Summary = summary,
        RaisedAt = Raised,
        At = Raised.AddSeconds(seconds),
        Evidence = new Dictionary<string, object> { ["seconds"] = seconds },
    };

    private static string Fold(IEnumerable<AlertTransition> steps) =>
        JsonSerializer.Serialize(steps.Aggregate((Alert?)null, AlertLife.Apply), WireJson.Options);
}
