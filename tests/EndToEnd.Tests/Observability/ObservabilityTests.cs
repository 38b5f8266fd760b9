using System.Net.Http.Json;
using System.Security.Cryptography;

namespace EndToEnd.Tests.Observability;

/// <summary>What the running backend tells a collector.</summary>
[Collection(StackCollection.Name)]
public sealed class ObservabilityTests(TestStack stack)
{
    [Fact]
    public async Task A_devices_trace_goes_through_ingest_hub_and_processing_to_the_receiver_of_the_alert()
    {
        await stack.ReceiveAlertsAsync("battery.low");
        var device = await stack.RegisterAsync("traced");
        await stack.SendAsync(device, Levels(80));
        var trace = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        using var body = JsonContent.Create(Levels(5));
        body.Headers.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-01");
        using var response = await stack.Api.CallAsync(device, HttpMethod.Post, "telemetry", body, CancellationToken.None);

        var told = await stack.UntilAsync(() => Task.FromResult(stack.DeliveriesOf(device.DeviceId, "battery.low")), alerts => alerts.Count > 0);
        Assert.StartsWith($"00-{trace}-", told[0].Headers.GetValueOrDefault("traceparent"), StringComparison.Ordinal);
        await stack.UntilAsync(
            () => Task.FromResult(stack.Collector.Spans.Where(span => span.TraceId == trace).Select(span => span.Name).Distinct().Order().ToList()),
            names => names is ["deliver alert", "dispatch alert", "function IngestTelemetry", "send telemetry"]);
        Assert.Contains(stack.Collector.Spans, span => span.Name == "process telemetry" && span.Links.Contains(trace));
    }

    [Fact]
    public async Task After_bad_input_every_event_received_was_stored_seen_before_or_dead_lettered()
    {
        var device = await stack.RegisterAsync("counted");
        await SendGoodAsync(1);
        await stack.ProcessedAsync();
        // The one under way may have begun before the last batch ended.
        var exports = stack.Collector.Exports;
        await stack.UntilAsync(() => Task.FromResult(stack.Collector.Exports), count => count >= exports + 2);
        var before = await SettledAsync(_ => true);
        await SendGoodAsync(20);
        var hub = await stack.HubTokenAsync(device);
        await Node.RunAsync("send.mjs", new
        {
            endpoint = (string?)hub["endpoint"],
            eventHub = (string?)hub["eventHub"],
            token = (string?)hub["token"],
            publisher = device.DeviceId,
            properties = new { },
            readings = new object[] { new { seq = 1 }, "nonsense", new { battery = "full" }, new { seq = 2 } },
        });

        var after = await SettledAsync(events => Of(events, "received") - Of(before, "received") >= 24);
        // A field that cannot be used costs the field, not the reading.
        Assert.Equal(1, Of(after, "dead_lettered") - Of(before, "dead_lettered"));
        Assert.Equal(23, Of(after, "stored") - Of(before, "stored"));
        var status = await stack.OperateAsync(HttpMethod.Get, "status");
        Assert.Equal(4, status!["partitions"]!.AsArray().Count);
        Assert.True((int)status["deadLetters"]! >= 1);
        Assert.Contains("alert-deliveries", status["queues"]!.AsObject().Select(queue => queue.Key));

        async Task SendGoodAsync(int count)
        {
            for (var i = 0; i < count; i++)
                (await stack.SendAsync(device, new { seq = i })).EnsureSuccessStatusCode();
        }
    }

    /// <summary>An export between two batches: the sum holds.</summary>
    private Task<IReadOnlyDictionary<string, long>> SettledAsync(Func<IReadOnlyDictionary<string, long>, bool> also) => stack.UntilAsync(
        () => Task.FromResult(stack.Collector.Events),
        events => Of(events, "received") > 0 && Of(events, "received") == Of(events, "stored") + Of(events, "duplicate") + Of(events, "dead_lettered") && also(events));

    private static long Of(IReadOnlyDictionary<string, long> events, string outcome) => events.GetValueOrDefault(outcome);

    private static object[] Levels(int percent) => [.. Enumerable.Range(0, 12).Select(_ => new { battery = new { percent } })];
}
