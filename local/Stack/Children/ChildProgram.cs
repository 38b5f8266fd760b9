namespace IoTBackend.Stack.Children;

/// <summary>A program the stack starts: what to run, and when it is ready.</summary>
/// <param name="Name">As it is called in messages; its log is <c>{name}.log</c>.</param>
/// <param name="Command">The program and its arguments. Secrets go into <paramref name="Environment"/> or files: arguments are for everybody to see.</param>
/// <param name="IsReady">One look, false or an <see cref="HttpRequestException"/> while it is not ready yet.</param>
/// <param name="Grace">How long it may take to end after SIGTERM before it is killed.</param>
internal sealed record ChildProgram(
    string Name,
    IReadOnlyList<string> Command,
    IReadOnlyDictionary<string, string> Environment,
    Func<CancellationToken, Task<bool>> IsReady,
    TimeSpan Grace);
