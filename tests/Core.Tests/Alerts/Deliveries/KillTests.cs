using CsCheck;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;

namespace Core.Tests.Alerts.Deliveries;

/// <summary>The process may die before and after everything that outlives it.</summary>
public sealed class KillTests
{
    private static readonly Gen<(int Device, AlertChange Change, Severity Severity, int Pause)> AnyStep =
        Gen.Select(Gen.Int[0, 11], Gen.Enum<AlertChange>(), Gen.Enum<Severity>(), Gen.Int[0, 20]);

    [Fact]
    public void Whenever_it_dies_nothing_is_lost_or_told_under_another_id_or_out_of_order() =>
        Gen.Select(AnyStep.Array[1, 40], Gen.Int[0, 1 << 20], Gen.Double[0, 0.15], Gen.Double[0, 0.5], Gen.Int[2, 8].Select(rows => rows == 8 ? TellChannel.MostTogether : rows))
            .Sample((steps, seed, deaths, failures, maxRows) => RunAsync(steps, seed, deaths, failures, maxRows).GetAwaiter().GetResult(), iter: 300);

    private static async Task RunAsync((int Device, AlertChange Change, Severity Severity, int Pause)[] steps, int seed, double deaths, double failures, int maxRows)
    {
        var world = new AlertWorld { MaxRows = maxRows };
        world.Boot();
        var random = new Random(seed);
        world.Add("all");
        world.Add("critical", c => c with { MinSeverity = Severity.Critical });
        world.Escalations.Put(new() { Name = "night", Steps = [new(TimeSpan.FromMinutes(5), ["lead"])], Repeat = 1 });
        world.Add("lead");
        world.Routes.Root = new() { Channels = ["all", "critical"], Escalation = "night" };
        world.Kill = () => random.NextDouble() < deaths;
        world.Answer = (_, _) => random.NextDouble() < failures ? new(Delivered: false, "Status 503.") : new(Delivered: true, "ok");
        foreach (var step in steps)
        {
            world.Raise(world.Step($"d{step.Device}", step.Change, step.Severity));
            await world.PassAsync(TimeSpan.FromSeconds(step.Pause));
        }

        world.Kill = () => false;
        world.Answer = (_, _) => new(Delivered: true, "ok");
        await world.PassAsync(TimeSpan.FromHours(1));

        Assert.Equal(0, world.Lanes.Waiting);
        Assert.All(world.Sent, s => Assert.True(s.Message.Alone is not { } one || one.IdFor(s.Channel) == s.Message.Id, "One alert alone has another's id."));
        foreach (var alert in world.Alerts.All)
        {
            Check(world, alert, "all", mustHear: alert.OpenedAt is not null || alert.ClearedAt is not null || alert.AcknowledgedAt is not null);
            Check(world, alert, "critical", mustHear: alert.WorstSeverity == Severity.Critical && alert is { OpenedAt: not null, ClearedAt: null, AcknowledgedAt: null });
            // Nobody acknowledged it: the chain went to its end.
            if (alert is { State: AlertState.Open, OpenedAt: not null })
                Assert.Equal(2, world.Told("lead").Where(t => t.Device == alert.DeviceId && t.Type == NoticeType.Escalated).Select(t => t.Id).Distinct().Count());
        }
    }

    private static void Check(AlertWorld world, Alert alert, string channel, bool mustHear)
    {
        var told = world.Told(channel).Where(t => t.Device == alert.DeviceId).ToList();
        Assert.True(told.Count > 0 || !mustHear, $"{channel} heard nothing of {alert.Id}");
        if (told.Count == 0)
            return;
        // In order: nothing that is over begins again.
        var first = told.DistinctBy(t => (t.Id, t.Type)).Select(t => t.Type).ToList();
        Assert.True(!first.Contains(NoticeType.Cleared) || first.IndexOf(NoticeType.Cleared) == first.Count - 1, string.Join(' ', first));
        Assert.Equal(alert.ClearedAt is not null, told[^1].Type == NoticeType.Cleared);
        // Once: what is repeated has the id it had.
        foreach (var step in told.GroupBy(t => t.Type).Where(g => g.Key is NoticeType.Acknowledged or NoticeType.Cleared))
            Assert.Single(step.Select(t => t.Id).Distinct());
    }
}
