using System.Diagnostics;

namespace EndToEnd.Tests.Outages;

/// <summary>
/// Partitions move all the time, because a second host comes and goes, and meanwhile functions, hub and storage are killed at
/// random moments: what was accepted is counted once.
/// </summary>
[Collection(OutageCollection.Name)]
public sealed class RebalancingTests(TestStack stack, ITestOutputHelper output)
{
    private const int Lanes = 30;

    private static readonly string[] Programs = ["functions", "hub", "azurite"];

    // Fixed: a failure is to be found again.
    private readonly Random random = new(20261125);
    private readonly TaskCompletionSource visited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Kills_while_partitions_move_between_hosts_lose_nothing_and_count_nothing_twice()
    {
        await stack.ReceiveAlertsAsync("battery.low");
        var fleet = new SteadyFleet(stack, "moving");
        using var end = new CancellationTokenSource();
        var sending = fleet.RunAsync(Lanes, end.Token);
        var visits = VisitAsync(fleet, end.Token);
        await visited.Task.WaitAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);
        var kills = new List<string>();
        for (var kill = 0; kill < OutageSettings.Kills; kill++)
        {
            var program = Programs[kill % Programs.Length];
            fleet.Percent = kill < OutageSettings.Kills / 2 ? 80 : 10;
            var started = Stopwatch.GetTimestamp();
            while (!await stack.Stack.KillAsync(program))
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            kills.Add(program);
            await Task.Delay(TimeSpan.FromSeconds(4 + (random.NextDouble() * 3)));
            output.WriteLine($"{kill + 1}: {program}, {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s; {fleet.Accepted} readings accepted");
        }

        await Task.Delay(TimeSpan.FromSeconds(3));
        await end.CancelAsync();
        await sending;
        var visitors = await visits;
        await stack.ProcessedAsync();
        output.WriteLine($"{kills.Count} kills, {visitors} visits of the second host, {fleet.Devices.Count()} devices, {fleet.Accepted} readings accepted; {fleet.Answers}");
        await fleet.AssertExactAsync();
        foreach (var alerts in fleet.Devices.Select(device => stack.DeliveriesOf(device, "battery.low")))
            Assert.InRange(alerts.Where(alert => alert.Type == "alert.opened").Select(alert => alert.Id).Distinct().Count(), 0, 1);
    }

    /// <returns>How often the second host was up.</returns>
    private async Task<int> VisitAsync(SteadyFleet fleet, CancellationToken end)
    {
        var visits = 0;
        while (!end.IsCancellationRequested)
        {
            if (await SecondHost.StartAsync(stack, end) is not { } host)
                continue;
            visits++;
            visited.TrySetResult();
            await using (host)
            {
                fleet.SecondHost = host.Api;
                await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(6 + (visits % 3 * 3)), end));
                fleet.SecondHost = null;
                // Every other time it goes like the others.
                if (visits % 2 == 1)
                    await host.KillAsync();
            }
        }

        return visits;
    }
}
