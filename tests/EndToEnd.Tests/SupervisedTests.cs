using IoTBackend.Stack.Children;

namespace EndToEnd.Tests;

public sealed class SupervisedTests
{
    [Fact]
    public void The_pause_before_a_start_grows_to_half_a_minute_and_no_further() =>
        Assert.Equal(
            [0.2, 0.4, 1.6, 25.6, 30, 30],
            new[] { 1, 2, 4, 8, 9, 1000 }.Select(deaths => Supervised.Pause(deaths).TotalSeconds));

    [Fact]
    public async Task A_program_that_keeps_dying_is_started_again_and_again()
    {
        var logs = Directory.CreateTempSubdirectory("supervised-");
        using var back = new SemaphoreSlim(0);
        var program = new ChildProgram("fly", ["/bin/sleep", "1000"], new Dictionary<string, string>(), _ => Task.FromResult(true), TimeSpan.FromSeconds(1));
        await using (var supervised = new Supervised(program, logs.FullName, new Hasty(), text =>
        {
            if (text == "fly is back.")
                back.Release();
        }))
        {
            await supervised.StartAsync(TestContext.Current.CancellationToken);
            // The old limit was five.
            for (var deaths = 0; deaths < 7; deaths++)
            {
                Assert.True(await supervised.KillAsync());
                Assert.True(await back.WaitAsync(TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken));
            }
        }

        logs.Delete(recursive: true);
    }

    /// <summary>Every pause is over at once.</summary>
    private sealed class Hasty : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
