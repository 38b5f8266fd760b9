using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Azure.Storage.Blobs;
using IoTBackend.Simulator;

namespace EndToEnd.Tests.Archives;

/// <summary>The archive as other people's tools read it, with the commands of docs/guide/telemetry.md.</summary>
[Collection(StackCollection.Name)]
public sealed class ArchiveTests(TestStack stack) : IAsyncLifetime
{
    private const string NoPandas = "python3-pandas is not installed (apt-get install python3-pandas)";

    private readonly string folder = Directory.CreateTempSubdirectory("iot-archive-").FullName;
    private DeviceCredential device = null!;
    private int readings;
    private int sum;

    private BlobContainerClient Archive => new BlobServiceClient(stack.Stack.Programs.StorageConnection).GetBlobContainerClient("archive");

    public async ValueTask InitializeAsync()
    {
        device = await stack.RegisterAsync("archived");
        for (var i = 1; i <= 20; i++)
        {
            await SendAsync("application/json", $$"""{"seq":{{i}}}""", i);
            await SendAsync("application/json", $$"""[{"seq":{{i * 100}}},{"seq":{{i * 1000}}}]""", i * 100, i * 1000);
            await SendAsync("application/x-ndjson", $$"""{"seq":{{i}}}{{'\n'}}{"seq":{{i + 1}}}""", i, i + 1);
        }

        // Made with the first batch that is archived.
        await stack.UntilAsync(async () => (await Archive.ExistsAsync()).Value && await Archive.GetBlobsAsync().AnyAsync(), exists => exists);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task DuckDB_counts_and_sums_in_the_archive_what_was_accepted() => await stack.UntilAsync(
        async () =>
        {
            await DownloadAsync();
            var rows = await Node.RunAsync("duckdb.mjs", new { folder, sql = Documented("duckdb -c \"") });
            var row = rows.AsArray().SingleOrDefault(row => (string?)row!["deviceId"] == device.DeviceId);
            return ((string?)row?["readings"], (string?)row?["seqs"]);
        },
        found => found == ($"{readings}", $"{sum}"));

    [Fact]
    public async Task Pandas_counts_and_sums_in_the_archive_what_was_accepted()
    {
        Assert.SkipUnless(await PythonAsync("import pandas") is not null, NoPandas);
        await stack.UntilAsync(
            async () =>
            {
                await DownloadAsync();
                var table = await PythonAsync(Documented("python3 -c \""));
                return table!.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).SingleOrDefault(cells => cells.FirstOrDefault() == device.DeviceId);
            },
            cells => cells is [_, var count, var total] && (count, total) == ($"{readings}", $"{sum}"));
    }

    private async Task SendAsync(string contentType, string body, params int[] counters)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } };
        using var response = await stack.Api.CallAsync(device, HttpMethod.Post, "telemetry", content, CancellationToken.None);
        response.EnsureSuccessStatusCode();
        (readings, sum) = (readings + counters.Length, sum + counters.Sum());
    }

    private async Task DownloadAsync()
    {
        await foreach (var blob in Archive.GetBlobsAsync())
        {
            var file = Path.Combine(folder, "archive", blob.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await Archive.GetBlobClient(blob.Name).DownloadToAsync(file);
        }
    }

    /// <summary>The command as the documentation has it, without its program.</summary>
    private string Documented(string program)
    {
        var line = File.ReadLines(Path.Combine(stack.Layout.Root, "docs", "guide", "telemetry.md")).Single(line => line.TrimStart().StartsWith(program, StringComparison.Ordinal));
        return line.TrimStart()[program.Length..^1];
    }

    /// <summary>What it printed; null where pandas is missing.</summary>
    private async Task<string?> PythonAsync(string program)
    {
        // Debian's own interpreter: another python3 earlier in the path does not see Debian's modules.
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", program]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = python.StandardError.ReadToEndAsync();
        var output = await python.StandardOutput.ReadToEndAsync();
        await python.WaitForExitAsync();
        return python.ExitCode == 0 ? output : (await errors).Contains("No module named 'pandas'", StringComparison.Ordinal) ? null : throw new InvalidOperationException(await errors);
    }
}
