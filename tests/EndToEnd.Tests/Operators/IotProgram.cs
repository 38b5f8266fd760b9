using System.Diagnostics;
using System.Text;

namespace EndToEnd.Tests.Operators;

/// <summary>The operator's command line as a program of its own, against the stack.</summary>
internal sealed class IotProgram : IDisposable
{
    private readonly StringBuilder _said = new();
    private readonly Process _process;

    public IotProgram(TestStack stack, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Assembly(stack), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Environment(stack))
            start.Environment[name] = value;
        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>All it has said so far, on either stream.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    public static string Assembly(TestStack stack) => stack.Layout.Program("Cli", "iot");

    public static Dictionary<string, string?> Environment(TestStack stack) =>
        new() { ["IOT_URL"] = stack.Stack.Programs.Api.GetLeftPart(UriPartial.Authority), ["IOT_OPERATOR_KEY"] = stack.Stack.Secrets.OperatorKey, ["IOT_PROFILE"] = "" };

    public static async Task<(int ExitCode, string Said)> RunAsync(TestStack stack, params string[] arguments)
    {
        using var program = new IotProgram(stack, arguments);
        return (await program.EndAsync(), program.Said);
    }

    public async Task<int> EndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_said)
            _said.AppendLine(line);
    }
}
