using Google.Protobuf.WellKnownTypes;
using IoTBackend.FunctionsHost;
using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Protocol;
using IoTBackend.FunctionsHost.Settings;
using Microsoft.Extensions.Configuration;

namespace FunctionsHost.Tests;

public sealed class SettingTests
{
    [Fact]
    public void Exponential_pauses_double_from_the_minimum_to_the_maximum()
    {
        var policy = RetryPolicy.Of(new()
        {
            MaxRetryCount = -1,
            MinimumInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)),
            MaximumInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)),
        });
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], Enumerable.Range(1, 7).Select(retry => policy.DelayBefore(retry)?.TotalSeconds));
        Assert.Equal(30, policy.DelayBefore(int.MaxValue)?.TotalSeconds);
    }

    [Fact]
    public void Fixed_pauses_end_with_the_last_retry_and_without_a_policy_there_is_none()
    {
        var policy = RetryPolicy.Of(new()
        {
            RetryStrategy = RpcRetryOptions.Types.RetryStrategy.FixedDelay,
            MaxRetryCount = 2,
            DelayInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)),
        });
        Assert.Equal([5, 5, null], Enumerable.Range(1, 3).Select(retry => policy.DelayBefore(retry)?.TotalSeconds));
        Assert.Null(RetryPolicy.Of(null).DelayBefore(1));
    }

    [Fact]
    public void Wrong_values_in_host_json_are_reported_together()
    {
        var failure = Assert.Throws<HostException>(() => Read(
            ("extensions:eventHubs:maxEventBatchSize", "0"), ("extensions:queues:batchSize", "many"), ("extensions:queues:messageEncoding", "rot13"),
            ("functionTimeout", "soon"), ("extensions:eventHubs:partitionOwnershipExpirationInterval", "00:00:05"),
            ("extensions:eventHubs:loadBalancingUpdateInterval", "00:00:04")));
        Assert.Equal(5, failure.Message.Split(';').Length);
    }

    [Theory]
    [InlineData("30")]
    [InlineData("soon")]
    public async Task A_drain_timeout_that_is_none_is_refused(string value) =>
        await Assert.ThrowsAsync<HostException>(() => TestHost.StartAsync([], $"Functions__DrainTimeout={value}"));

    [Fact]
    public void Host_json_is_read_with_the_functions_hosts_names()
    {
        var settings = Read(
            ("extensions:http:routePrefix", ""), ("extensions:eventHubs:maxEventBatchSize", "1000"), ("extensions:eventHubs:maxWaitTime", "00:00:01"),
            ("extensions:eventHubs:initialOffsetOptions:type", "FromEnd"), ("extensions:queues:batchSize", "8"), ("extensions:queues:messageEncoding", "none"));
        Assert.Equal(("", 1000, TimeSpan.FromSeconds(1), true), (settings.RoutePrefix, settings.EventHubs.MaxBatch, settings.EventHubs.MaxWait, settings.EventHubs.FromEnd));
        Assert.Equal((8, 4, false), (settings.Queues.BatchSize, settings.Queues.NewBatchThreshold, settings.Queues.Base64));
    }

    [Theory]
    [InlineData("-1", null)]
    [InlineData("00:10:00", 600)]
    [InlineData("", 1800)]
    public void The_time_a_function_may_take_is_half_an_hour_unless_said_otherwise(string text, int? seconds) =>
        Assert.Equal(seconds is { } limit ? TimeSpan.FromSeconds(limit) : Timeout.InfiniteTimeSpan, Read(("functionTimeout", text)).FunctionTimeout);

    [Theory]
    [InlineData("""{"type":"serviceBusTrigger","name":"x","direction":"In"}""", "servicebustrigger")]
    [InlineData("""{"type":"queueTrigger","name":"x"};{"type":"blob","name":"y","direction":"Out"}""", "blob")]
    [InlineData("""{"type":"http","name":"$return","direction":"Out"}""", "0 triggers")]
    [InlineData("""{"type":"timerTrigger","name":"x","schedule":"every minute"}""", "neither a CRON")]
    [InlineData("""{"type":"eventHubTrigger","name":"x","eventHubName":"h"}""", "Connection")]
    public void What_this_host_cannot_feed_is_refused_by_name(string bindings, string reason)
    {
        var settings = new AppSettings(new ConfigurationBuilder().Build());
        var failure = Assert.Throws<HostException>(() =>
        {
            var function = Declared.Function("Odd", bindings.Split(';'));
            _ = new Triggers([function], settings, new(settings), Read(), "test");
        });
        Assert.Contains(reason, failure.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Odd", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_settings_are_named_all_at_once()
    {
        var settings = new AppSettings(new ConfigurationBuilder().Build());
        _ = new Triggers(
            [
                Declared.Function("Timer", """{"type":"timerTrigger","name":"x","schedule":"%Sweep__Schedule%"}"""),
                Declared.Function("Queue", """{"type":"queueTrigger","name":"x","queueName":"%Queue__Name%"}"""),
            ],
            settings, new(settings), Read(), "test");
        var failure = Assert.Throws<HostException>(settings.ThrowIfMissing);
        Assert.Contains("AzureWebJobsStorage, Queue__Name, Sweep__Schedule.", failure.Message, StringComparison.Ordinal);
    }

    private static HostSettings Read(params (string Key, string Value)[] values) => HostSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key, (string?)value.Value))).Build());
}
