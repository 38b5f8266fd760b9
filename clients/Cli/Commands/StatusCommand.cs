using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary>How the backend and the fleet are.</summary>
internal static class StatusCommand
{
    private static readonly Table<PartitionStatus> Partitions = new(
        new("PARTITION", p => $"{p.Partition}", IsNumber: true),
        new("PROCESSED", p => Words.Count(p.Processed), IsNumber: true),
        new("BEHIND", p => Words.Count(p.Lag), p => p.Lag > 1000 ? Shades.Attention : Shades.None, IsNumber: true),
        new("ERROR", p => p.Error ?? "", _ => Shades.Bad, CutTo: 24));

    private static readonly Table<KeyValuePair<string, long>> Queues = new(
        new("QUEUE", q => q.Key),
        new("WAITING", q => Words.Count(q.Value), q => q.Value > 0 && q.Key.EndsWith("-poison", StringComparison.Ordinal) ? Shades.Bad : Shades.None, IsNumber: true));

    public static Verb Make(Surroundings around) =>
        new Verb("status", "How the backend and the fleet are: lag, queues, dead letters, devices by status", "iot status", "iot status --json | jq .deadLetters")
            .Calls(around, async (call, cancellationToken) =>
            {
                var status = await call.Backend.GetStatusAsync(cancellationToken);
                var fleet = call.Screen.IsJson ? null : await call.Backend.SummarizeFleetAsync(cancellationToken);
                call.Screen.Show(status, _ => Draw(call, status, fleet));
            });

    private static void Draw(Call call, StatusReport status, FleetSummary? fleet)
    {
        var screen = call.Screen;
        new Facts()
            .Add("Backend", $"{call.Backend.Url}")
            .Add("Devices", fleet is null ? null : $"{Words.Count(fleet.Devices)}: {Words.List(fleet.ByStatus.Where(s => s.Value > 0).Select(s => $"{Words.Count(s.Value)} {s.Key}"))}{(screen.Now - fleet.At > TimeSpan.FromMinutes(1) ? $"; as of {Words.Time(fleet.At, screen.Now)}" : "")}")
            .Add("Events behind", Words.Count(status.Partitions.Sum(p => p.Lag)))
            .Add("Dead letters", Words.Count(status.DeadLetters), status.DeadLetters > 0 ? Shades.Attention : Shades.None)
            .Draw(screen);
        screen.Heading("Telemetry");
        Partitions.Draw(screen, status.Partitions);
        screen.Heading("Queues");
        Queues.Draw(screen, [.. status.Queues]);
    }
}
