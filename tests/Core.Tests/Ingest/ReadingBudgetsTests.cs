using CsCheck;
using IoTBackend.Core.Ingest;
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

    private ReadingBudgets Budgets(double rate, int burst) => new(new() { ReadingsPerSecond = rate, Burst = burst }, _time);
}
