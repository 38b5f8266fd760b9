using System.Net;
using System.Net.Http.Headers;
using System.Text;
using IoTBackend.Simulator;

namespace EndToEnd.Tests.Outages;

/// <summary>A service that hangs, the worst kind of outage: connections stay, and nothing answers.</summary>
[Collection(OutageCollection.Name)]
public sealed class BackpressureTests(TestStack stack, ITestOutputHelper output)
{
    private const int Lanes = 40;

    /// <summary>
    /// On top of what host and worker held under the same load before. 64 MiB may wait for the hub, each body in the server's
    /// buffers, as an event and in a batch; the rest is room for the collectors of both. Two minutes take no more than twelve seconds.
    /// </summary>
    private const long MaxGrowthMegabytes = 512;

    [Fact]
    public async Task While_storage_hangs_telemetry_is_accepted_in_bounded_memory_and_processed_afterwards()
    {
        var fleet = await OutlastAsync("azurite", _ => Task.CompletedTask);
        Assert.DoesNotContain("503:", fleet.Answers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_hub_hangs_telemetry_waits_or_is_refused_in_bounded_memory_and_what_was_accepted_is_processed()
    {
        // 20 MB/s: what may wait is full after three seconds, or on a busy machine somewhat later.
        var device = await stack.RegisterAsync("flood");
        var refused = new List<RetryConditionHeaderValue?>();
        int Refused()
        {
            lock (refused)
                return refused.Count;
        }

        await OutlastAsync("hub", async end =>
        {
            var body = Encoding.UTF8.GetBytes($$"""{"battery":{"percent":80},"note":"{{new string('x', 200_000)}}"}""");
            var under = new List<Task>();
            using var over = new CancellationTokenSource();
            // On a busy machine the outage lasts until it is full.
            var limit = DateTime.UtcNow.AddSeconds(60);
            while (!end.IsCancellationRequested || (Refused() == 0 && DateTime.UtcNow < limit))
            {
                under.Add(FloodAsync(device, body, refused, over.Token));
                await Task.Delay(10, CancellationToken.None);
            }

            await over.CancelAsync();
            await Task.WhenAll(under);
        });
        output.WriteLine($"{refused.Count} requests answered 503");
        Assert.NotEmpty(refused);
        Assert.DoesNotContain(null, refused);
    }

    private async Task<SteadyFleet> OutlastAsync(string service, Func<CancellationToken, Task> meanwhile)
    {
        var fleet = new SteadyFleet(stack, service);
        using var end = new CancellationTokenSource();
        var sending = fleet.RunAsync(Lanes, end.Token);
        await Task.Delay(TimeSpan.FromSeconds(4));
        int[] functions = [stack.Stack.ProcessIdOf("functions"), stack.Stack.ProcessIdOf("worker")];
        var (before, acceptedBefore) = (functions.Sum(Signals.Megabytes), fleet.Accepted);

        var hanging = stack.Stack.ProcessIdOf(service);
        await Signals.StopAsync(hanging);
        long peak;
        try
        {
            using var back = new CancellationTokenSource(OutageSettings.Outage);
            var flood = meanwhile(back.Token);
            peak = await PeakAsync(functions, back.Token);
            await flood;
        }
        finally
        {
            await Signals.ContinueAsync(hanging);
        }

        var during = fleet.Accepted - acceptedBefore;
        peak = Math.Max(peak, await PeakAsync(functions, new CancellationTokenSource(TimeSpan.FromSeconds(3)).Token));
        await end.CancelAsync();
        await sending;
        var ended = TimeProvider.System.GetTimestamp();
        await stack.ProcessedAsync();
        output.WriteLine($"{service} hung for {OutageSettings.Outage.TotalSeconds} s: {during} readings accepted meanwhile; functions {before} MB before, {peak} MB at most; " +
            $"processed {TimeProvider.System.GetElapsedTime(ended).TotalSeconds:0.0} s after the last request; answers {fleet.Answers}");
        await fleet.AssertExactAsync();
        Assert.Empty(fleet.Unexpected);
        Assert.InRange(peak - before, long.MinValue, MaxGrowthMegabytes);
        return fleet;
    }

    private static async Task<long> PeakAsync(int[] processes, CancellationToken until)
    {
        var peak = 0L;
        while (!until.IsCancellationRequested)
        {
            peak = Math.Max(peak, processes.Sum(Signals.Megabytes));
            await Task.Delay(250, CancellationToken.None);
        }

        return peak;
    }

    private async Task FloodAsync(DeviceCredential device, byte[] body, List<RetryConditionHeaderValue?> refused, CancellationToken end)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        try
        {
            using var response = await stack.Api.CallAsync(device, HttpMethod.Post, "telemetry", content, end);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
                lock (refused)
                    refused.Add(response.Headers.RetryAfter);
        }
        catch (Exception cut) when (cut is HttpRequestException or OperationCanceledException)
        {
            // It waited until the end.
        }
    }
}
