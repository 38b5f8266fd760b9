using System.Diagnostics;
using IoTBackend.Local.FunctionsHost.Functions;
using IoTBackend.Local.FunctionsHost.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Local.Tests.FunctionsRuntime;

public sealed class InvocationTests
{
    [Fact]
    public void Exponential_pauses_double_from_the_minimum_to_the_maximum()
    {
        var policy = RetryPolicy.Of(new ExponentialBackoffRetryAttribute(-1, "00:00:01", "00:00:30"));
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], Enumerable.Range(1, 7).Select(retry => policy.DelayBefore(retry)?.TotalSeconds));
        Assert.Equal(30, policy.DelayBefore(int.MaxValue)?.TotalSeconds);
    }

    [Fact]
    public void Fixed_pauses_end_with_the_last_retry_and_without_a_policy_there_is_none()
    {
        var policy = RetryPolicy.Of(new FixedDelayRetryAttribute(2, "00:00:05"));
        Assert.Equal([5, 5, null], Enumerable.Range(1, 3).Select(retry => policy.DelayBefore(retry)?.TotalSeconds));
        Assert.Null(RetryPolicy.Of(null).DelayBefore(1));
    }

    [Theory]
    [InlineData("soon", "00:00:30")]
    [InlineData("-00:00:01", "00:00:30")]
    public void A_pause_that_is_no_time_span_is_refused(string minimum, string maximum) =>
        Assert.ThrowsAny<ArgumentException>(() => new ExponentialBackoffRetryAttribute(1, minimum, maximum));

    [Fact]
    public async Task An_http_invocation_continues_the_callers_trace()
    {
        var activities = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.Azure.Functions.Worker",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.TraceId.ToHexString() == "4bf92f3577b34da6a3ce929d0e0e4736")
                    activities.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var host = await TestHost.StartAsync([typeof(Traced)]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/Traced");
        request.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        var reply = await (await host.Http.SendAsync(request)).Content.ReadAsStringAsync();
        await Wait.UntilAsync(() => activities.Count == 1);
        Assert.Equal("function Traced", activities[0].OperationName);
        Assert.Equal("00f067aa0ba902b7", activities[0].ParentSpanId.ToHexString());
        Assert.Equal($"{activities[0].Id} {activities[0].GetTagItem("faas.invocation_id")}", reply);
    }

    [Fact]
    public void Wrong_values_in_host_json_are_reported_together()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => Read(
            ("extensions:eventHubs:maxEventBatchSize", "0"), ("extensions:queues:batchSize", "many"), ("extensions:queues:messageEncoding", "rot13"),
            ("extensions:eventHubs:partitionOwnershipExpirationInterval", "00:00:05"), ("extensions:eventHubs:loadBalancingUpdateInterval", "00:00:04")));
        Assert.Equal(4, failure.Message.Split(';').Length);
    }

    [Theory]
    [InlineData("30")]
    [InlineData("soon")]
    public async Task A_drain_timeout_that_is_none_is_refused(string value) =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => TestHost.StartAsync([typeof(Traced)], null, $"Functions:DrainTimeout={value}"));

    [Fact]
    public void Host_json_is_read_with_the_functions_hosts_names()
    {
        var settings = Read(
            ("extensions:http:routePrefix", ""), ("extensions:eventHubs:maxEventBatchSize", "1000"), ("extensions:eventHubs:maxWaitTime", "00:00:01"),
            ("extensions:eventHubs:initialOffsetOptions:type", "FromEnd"), ("extensions:queues:batchSize", "8"), ("extensions:queues:messageEncoding", "none"));
        Assert.Equal(("", 1000, TimeSpan.FromSeconds(1), true), (settings.RoutePrefix, settings.EventHubs.MaxBatch, settings.EventHubs.MaxWait, settings.EventHubs.FromEnd));
        Assert.Equal((8, 4, false), (settings.Queues.BatchSize, settings.Queues.NewBatchThreshold, settings.Queues.Base64));
    }

    [Fact]
    public void What_is_wrong_with_the_functions_themselves_is_reported_together()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => FunctionDiscovery.In([typeof(Wrong)]));
        foreach (var part in (string[])["NoTrigger has 0 triggers", "Twice is declared twice", "'Stream body'", "a result of type String"])
            Assert.Contains(part, failure.Message, StringComparison.Ordinal);
    }

    private static HostSettings Read(params (string Key, string Value)[] values) => HostSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key, (string?)value.Value))).Build());

    private sealed class Traced
    {
        [Function("Traced")]
        public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request, FunctionContext context) =>
            Results.Text($"{Activity.Current?.Id} {context.InvocationId}");
    }

    private sealed class Wrong
    {
        [Function("NoTrigger")]
        public void NoTrigger() { }

        [Function("Twice")]
        public void Once([TimerTrigger("* * * * *")] TimerInfo timer) { }

        [Function("Twice")]
        public void Again([TimerTrigger("* * * * *")] TimerInfo timer) { }

        [Function("Unbound")]
        public void Unbound([HttpTrigger("get")] HttpRequest request, Stream body) { }

        [Function("Plain")]
        public string Plain([HttpTrigger("get")] HttpRequest request) => "";
    }
}
