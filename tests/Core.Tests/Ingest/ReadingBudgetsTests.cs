using System.Diagnostics.Metrics;
using System.Text;
using CsCheck;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Ingest;

public sealed class ReadingBudgetsTests
{
    private readonly FakeTimeProvider _time = new(new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));

    [Fact]
    public void A_device_may_burst_then_waits_for_its_rate()
    {
        var budget = Budgets(rate: 10, burst: 5).Of("a");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(TimeSpan.Zero, budget.Wait());
            budget.Spend(1);
        }

        Assert.Equal(TimeSpan.FromMilliseconds(100), budget.Wait());
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(TimeSpan.Zero, budget.Wait());
    }

    [Fact]
    public void A_rate_next_to_nothing_is_one_a_day()
    {
        var budget = Budgets(rate: 1e-12, burst: 1_000_000).Of("a");
        budget.Spend(1_000_001);
        Assert.Equal(TimeSpan.FromDays(2), budget.Wait());
    }

    [Fact]
    public void A_body_larger_than_the_burst_is_taken_once_and_paid_for_afterwards()
    {
        var budget = Budgets(rate: 10, burst: 5).Of("a");
        budget.Spend(105);
        Assert.Equal(TimeSpan.FromSeconds(10.1), budget.Wait());
    }

    [Fact]
    public void One_device_does_not_spend_anothers()
    {
        var budgets = Budgets(rate: 1, burst: 1);
        budgets.Of("noisy").Spend(1000);
        Assert.Equal(TimeSpan.Zero, budgets.Of("quiet").Wait());
    }

    [Fact]
    public void A_rate_of_0_is_no_limit()
    {
        var budget = Budgets(rate: 0, burst: 1).Of("a");
        budget.Spend(1_000_000);
        Assert.Equal(TimeSpan.Zero, budget.Wait());
    }

    [Fact]
    public void A_known_device_costs_no_memory_and_a_quiet_one_is_forgotten()
    {
        var budgets = Budgets(rate: 10, burst: 10);
        budgets.Of("a").Spend(1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        budgets.Of("a").Wait();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        for (var i = 0; i < 50_000; i++)
        {
            budgets.Of($"d{i}").Spend(1);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.True(budgets.Count <= 20_000);
    }

    [Fact]
    public void However_a_device_sends_it_gets_no_more_than_burst_and_rate_allow() =>
        Gen.Int[0, 3000].Array[1, 200].Sample(pauses =>
        {
            var budget = Budgets(rate: 2, burst: 5).Of("a");
            var (taken, start) = (0, _time.GetUtcNow());
            foreach (var pause in pauses)
            {
                _time.Advance(TimeSpan.FromMilliseconds(pause));
                if (budget.Wait() > TimeSpan.Zero)
                    continue;
                budget.Spend(1);
                taken++;
            }

            Assert.True(taken <= 5 + 2 * (_time.GetUtcNow() - start).TotalSeconds + 1e-6);
        }, threads: 1);

    [Theory]
    [InlineData("{}", 1)]
    [InlineData("nonsense", 1)]
    [InlineData("[{},{},{},7]", 4)]
    [InlineData("[7,7,7]", 3)]
    public async Task A_body_is_paid_for_by_its_readings_refused_or_not(string body, int units) => Assert.Equal(units, await SpentAsync(Encoding.UTF8.GetBytes(body), TelemetryFormat.Json));

    [Fact]
    public async Task A_body_is_paid_for_by_its_size_and_its_records_where_they_are_more_than_its_readings()
    {
        Assert.Equal(766, await SpentAsync(Encoding.UTF8.GetBytes($$"""{"x":"{{new string('x', 766 * 1024)}}"}"""), TelemetryFormat.Json));
        Assert.Equal(700, await SpentAsync(new byte[700 * 1024], TelemetryFormat.NdJson));
        Assert.Equal(1000, await SpentAsync(Encoding.UTF8.GetBytes($$"""[{"n":"a","v":1}{{string.Concat(Enumerable.Repeat(",{\"n\":\"a\",\"v\":1}", 3999))}}]"""), TelemetryFormat.SenMlJson));
    }

    [Fact]
    public async Task What_the_log_did_not_take_is_paid_for_too()
    {
        var budget = Budgets(rate: 1, burst: 1).Of("a");
        var ingest = new AcceptTelemetry(new Log { Fails = true }, new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), _time), _time);
        await Assert.ThrowsAsync<UnavailableException>(async () => await ingest.RunAsync(new("a", "[{},{},{}]"u8.ToArray(), TelemetryFormat.Json, null), budget, default));
        Assert.Equal(TimeSpan.FromSeconds(3), budget.Wait());
    }

    private async Task<int> SpentAsync(byte[] body, TelemetryFormat format)
    {
        var budget = Budgets(rate: 1, burst: 1).Of("a");
        var ingest = new AcceptTelemetry(new Log(), new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), _time), _time);
        await ingest.RunAsync(new("a", body, format, null), budget, default);
        return (int)budget.Wait().TotalSeconds;
    }

    private sealed class Log : ITelemetryLog
    {
        public bool Fails { get; init; }

        public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask AppendAsync(TelemetryMessage message, CancellationToken cancellationToken) => Fails ? throw new UnavailableException("event hub") : default;
    }

    private ReadingBudgets Budgets(double rate, int burst) => new(new() { ReadingsPerSecond = rate, Burst = burst }, _time);
}
