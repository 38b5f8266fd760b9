using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;
using Spectre.Console;

namespace IoTBackend.Cli.Commands;

/// <summary>
/// Alerts as they are raised, change and clear, a line each (with <c>--json</c> a document each): what stands when it begins, then the differences between looks.
/// It goes on through an outage of the backend and ends with Ctrl-C.
/// </summary>
internal static class AlertWatch
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private const int PageSize = 200;
    private const int MostPages = 50;
    private static readonly string[] Lasting = ["open", "acknowledged"];

    public static async Task<int> RunAsync(Backend backend, Screen screen, TimeProvider time, Func<Alert, bool> wanted, CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, Alert>();
        var from = time.GetUtcNow();
        var isFirst = true;
        var isDown = false;
        while (true)
        {
            try
            {
                foreach (var alert in await LookAsync(backend, known, from, cancellationToken))
                    if (wanted(alert))
                        Print(screen, alert);
                if (isDown)
                    screen.Remark("iot: it answers again.");
                (isFirst, isDown) = (false, false);
            }
            catch (CliException failed) when (failed.ExitCode == ExitCode.Unavailable && !isFirst)
            {
                if (!isDown)
                    screen.Remark($"iot: {failed.Message} Waiting for it.");
                isDown = true;
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>What is new or changed since the last look, the oldest first.</summary>
    /// <param name="backend">Asked.</param>
    /// <param name="known">What was said of each alert; brought up to date.</param>
    /// <param name="from">Of what was cleared by then nothing is said.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async Task<IReadOnlyList<Alert>> LookAsync(Backend backend, Dictionary<string, Alert> known, DateTimeOffset from, CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, Alert>();
        // Those that came and went between two looks are among the newest that are cleared.
        foreach (var alert in (await backend.ListAlertsAsync("cleared", top: PageSize, cancellationToken: cancellationToken)).Alerts.Where(alert => known.ContainsKey(alert.Id) || alert.OpenedAt >= from))
            seen[alert.Id] = alert;
        foreach (var state in Lasting)
            foreach (var alert in await AllAsync(backend, state, cancellationToken))
                seen[alert.Id] = alert;
        foreach (var last in known.Values.Where(last => last.State != "cleared" && !seen.ContainsKey(last.Id)).ToList())
            seen[last.Id] = await EndOfAsync(backend, last, cancellationToken);
        var news = seen.Values.Where(alert => !known.TryGetValue(alert.Id, out var before) || IsNews(before, alert)).OrderBy(alert => alert.SaidAt).ToList();
        foreach (var alert in news)
            known[alert.Id] = alert;
        return news;
    }

    private static bool IsNews(Alert before, Alert after) =>
        (before.State, before.Severity, before.Summary, before.Assignee, before.AcknowledgedBy) != (after.State, after.Severity, after.Summary, after.Assignee, after.AcknowledgedBy);

    private static async Task<List<Alert>> AllAsync(Backend backend, string state, CancellationToken cancellationToken)
    {
        var alerts = new List<Alert>();
        string? continuation = null;
        for (var page = 0; page < MostPages; page++)
        {
            var answer = await backend.ListAlertsAsync(state, top: PageSize, continuation: continuation, cancellationToken: cancellationToken);
            alerts.AddRange(answer.Alerts);
            if ((continuation = answer.Continuation) is null)
                break;
        }

        return alerts;
    }

    private static async Task<Alert> EndOfAsync(Backend backend, Alert last, CancellationToken cancellationToken)
    {
        var page = await backend.ListAlertsAsync(deviceId: last.DeviceId, kind: last.Kind, top: PageSize, cancellationToken: cancellationToken);
        return page.Alerts.FirstOrDefault(alert => alert.Id == last.Id) ?? last with { State = "cleared", ClearedAt = last.SaidAt };
    }

    private static void Print(Screen screen, Alert alert)
    {
        if (screen.IsJson)
        {
            screen.JsonLine(alert);
            return;
        }

        var at = alert.ClearedAt ?? alert.AcknowledgedAt ?? alert.RaisedAt;
        screen.Console.Write(new Text($"{at.UtcDateTime:HH:mm:ss} UTC  "));
        screen.Console.Write(new Text((alert.State ?? "open").PadRight(14), Shades.Of(alert.State)));
        screen.Console.Write(new Text(alert.Severity.PadRight(13), Shades.Of(alert.Severity)));
        screen.Line($"{alert.Id}  {alert.Summary}");
    }
}
