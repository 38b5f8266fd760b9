using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;

namespace Agent.Tests.Updates;

/// <summary>A download that takes hours, or never ends: a bad link, or a registry that means it.</summary>
public sealed class SlowDownloadTests : IDisposable
{
    private static readonly string Good = Device.Image('a').Image;
    private static readonly string Slow = Device.Image('b').Image;

    private readonly Device _device = new(Strategy.Replace, _ => Health.Healthy, w => w with { HealthyWithin = TimeSpan.FromHours(1) });
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task It_ends_when_something_else_is_wanted()
    {
        await BeginAsync();
        await _device.LiveAsync(async (state, runner) =>
        {
            await _begun.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            state.Change(Device.Track, r => r.Want(Device.Image('c')));
            runner.Wake();
            await _device.UntilAsync(() => _device.Engine.Running.SequenceEqual([Device.Image('c').Image]));
        });
    }

    [Fact]
    public async Task Meanwhile_what_was_removed_is_made_again()
    {
        await BeginAsync();
        await _device.LiveAsync(async (_, _) =>
        {
            await _begun.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            await _device.Engine.RemoveAsync(_device.Engine.Containers.Single().Id, TestContext.Current.CancellationToken);
            await _device.UntilAsync(() => _device.Engine.Running.SequenceEqual([Good]));
        });
    }

    [Fact]
    public async Task Meanwhile_what_was_kept_and_does_not_last_makes_way_for_the_image_before_it()
    {
        _device.Want(Device.Image('0'));
        await _device.SettleAsync();
        await BeginAsync();
        _device.Engine.RestartsOf = image => image == Good ? 3 : 0;
        await _device.LiveAsync(async (state, _) =>
        {
            await _begun.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            await _device.UntilAsync(() => _device.Engine.Running.SequenceEqual([Device.Image('0').Image]));
            Assert.Equal(Device.Image('b'), state.Read(Device.Track).Trial?.Target);
        });
    }

    [Fact]
    public async Task One_that_is_ended_late_ends_no_other_with_it()
    {
        await BeginAsync();
        var (isEnding, goOn, arrives) = (new TaskCompletionSource(), new ManualResetEventSlim(), new TaskCompletionSource());
        var (slow, others) = (_device.Engine.Pulls, 0);
        _device.Engine.Pulls = (image, cancel) =>
        {
            if (image != Slow)
            {
                Interlocked.Increment(ref others);
                return arrives.Task;
            }

            cancel.Register(() =>
            {
                isEnding.SetResult();
                goOn.Wait();
            });
            return slow(image, cancel);
        };
        await _device.LiveAsync(async (state, runner) =>
        {
            await _begun.Task;
            state.Change(Device.Track, r => r.Want(Device.Image('c')));
            var ends = Task.Run(runner.Wake, TestContext.Current.CancellationToken);
            await isEnding.Task;
            await _device.UntilAsync(() => Volatile.Read(ref others) > 0);
            goOn.Set();
            await ends;
            var looks = 0;
            await _device.UntilAsync(() => Volatile.Read(ref others) > 1 || ++looks > 20);
            Assert.Equal(1, others);
            arrives.SetResult();
            await _device.UntilAsync(() => _device.Engine.Running.SequenceEqual([Device.Image('c').Image]));
        });
    }

    [Fact]
    public async Task One_that_ends_after_all_takes_nothing_back_of_what_was_done_since()
    {
        await BeginAsync();
        var (first, isThere) = (true, new TaskCompletionSource());
        _device.Engine.Pulls = (image, _) =>
        {
            if (image != Slow || !first)
                return Task.CompletedTask;
            first = false;
            _begun.TrySetResult();
            return isThere.Task;
        };
        await _device.LiveAsync(async (state, runner) =>
        {
            await _begun.Task;
            state.Change(Device.Track, r => r.Want(Device.Image('c')));
            runner.Wake();
            await _device.UntilAsync(() => _device.Engine.Running.SequenceEqual([Device.Image('c').Image]) && state.Read(Device.Track).Trial is null);
            _device.Engine.HealthOf = _ => Health.Starting;
            state.Change(Device.Track, r => r.Want(Device.Image('b')));
            runner.Wake();
            await _device.UntilAsync(() => _device.Engine.Running.SequenceEqual([Slow]));
            isThere.SetResult();
            var looks = 0;
            await _device.UntilAsync(() => ++looks > 50);
        });
        Assert.DoesNotContain(Slow, _device.Engine.Stopped.Keys);
    }

    public void Dispose() => _device.Dispose();

    private async Task BeginAsync()
    {
        _device.Want(Device.Image('a'));
        await _device.SettleAsync();
        _device.Engine.Pulls = (image, cancel) =>
        {
            if (image != Slow)
                return Task.CompletedTask;
            _begun.TrySetResult();
            return Task.Delay(Timeout.Infinite, cancel);
        };
        _device.Want(Device.Image('b'));
    }
}
