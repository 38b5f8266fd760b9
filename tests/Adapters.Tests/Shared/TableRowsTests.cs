using Azure.Core.Pipeline;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using Local.Tests;

namespace Adapters.Tests.Shared;

/// <summary>Writes whose answers are lost, which the client sends again by itself.</summary>
public sealed class TableRowsTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private readonly LossyTransport _transport = new();
    private TableClient _table = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var options = new TableClientOptions { Transport = new HttpClientTransport(new HttpClient(_transport)) };
        (options.Retry.Delay, options.Retry.MaxDelay) = (TimeSpan.Zero, TimeSpan.Zero);
        _table = new(storage.ConnectionString, $"rows{Guid.NewGuid():n}", options);
        await _table.CreateAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task An_addition_whose_answer_was_lost_is_ones_own()
    {
        _transport.AnswersToLose = 1;
        Assert.True(await _table.TrySaveAsync(new TableEntity("p", "r") { ["Keys"] = 1 }, version: null, Cancellation));
        Assert.Equal(0, _transport.AnswersToLose);
    }

    [Fact]
    public async Task A_replacement_whose_answer_was_lost_is_ones_own_and_made_once()
    {
        Assert.True(await _table.TrySaveAsync(new TableEntity("p", "r") { ["Keys"] = 1 }, version: null, Cancellation));
        var read = (await _table.FindAsync("p", "r", Cancellation))!;
        _transport.AnswersToLose = 1;
        Assert.True(await _table.TrySaveAsync(new TableEntity("p", "r") { ["Keys"] = 2 }, read.ETag.ToString(), Cancellation));
        Assert.Equal((0, 2), (_transport.AnswersToLose, (await _table.FindAsync("p", "r", Cancellation))!.GetInt32("Keys")));
    }

    [Fact]
    public async Task Somebody_elses_write_is_not()
    {
        Assert.True(await _table.TrySaveAsync(new TableEntity("p", "r"), version: null, Cancellation));
        var read = (await _table.FindAsync("p", "r", Cancellation))!;
        Assert.True(await _table.TrySaveAsync(new TableEntity("p", "r"), read.ETag.ToString(), Cancellation));
        Assert.False(await _table.TrySaveAsync(new TableEntity("p", "r"), read.ETag.ToString(), Cancellation));
        Assert.False(await _table.TrySaveAsync(new TableEntity("p", "r"), version: null, Cancellation));
        Assert.False(await _table.TrySaveAsync(new TableEntity("p", "gone"), read.ETag.ToString(), Cancellation));
    }

    private sealed class LossyTransport() : DelegatingHandler(new SocketsHttpHandler())
    {
        public int AnswersToLose { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            if (AnswersToLose == 0 || request.Method == HttpMethod.Get)
                return answer;
            AnswersToLose--;
            throw new HttpRequestException("The connection was closed before the answer came.");
        }
    }
}
