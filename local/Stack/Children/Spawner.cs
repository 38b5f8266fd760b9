using System.Collections.Concurrent;
using System.Diagnostics;

namespace IoTBackend.Stack.Children;

/// <summary>
/// Starts processes from one thread that lives as long as the stack: Linux sends the parent-death signal when the
/// thread that started the child ends (prctl(2), PR_SET_PDEATHSIG), and pool threads come and go.
/// </summary>
internal static class Spawner
{
    private static readonly BlockingCollection<Action> Work = [];

    static Spawner() => new Thread(() =>
    {
        foreach (var action in Work.GetConsumingEnumerable())
            action();
    })
    { IsBackground = true, Name = "spawner" }.Start();

    public static Task<Process> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start."));
            }
            catch (Exception failure)
            {
                started.SetException(failure);
            }
        });
        return started.Task;
    }
}
