using System.Runtime.CompilerServices;

namespace FunctionsHost.Tests;

/// <summary>Waits for something another thread or process brings about.</summary>
internal static class Wait
{
    public static Task UntilAsync(Func<bool> condition, int seconds = 180, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        UntilAsync(() => Task.FromResult(condition()), seconds, what);

    public static async Task UntilAsync(Func<Task<bool>> condition, int seconds = 180, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        for (var started = TimeProvider.System.GetTimestamp(); !await condition(); await Task.Delay(50))
            if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(seconds))
                throw new TimeoutException($"{seconds} s were not enough for: {what}");
    }
}
