using System.Net;
using Azure;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Shared;

namespace Adapters.Tests.Shared;

public sealed class UnavailablePolicyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_service_that_cannot_answer_now_is_unavailable_once_the_clients_retries_are_used_up(int status)
    {
        var calls = 0;
        var table = Table(_ =>
        {
            calls++;
            return new HttpResponseMessage((HttpStatusCode)status);
        });
        var failure = await Assert.ThrowsAsync<UnavailableException>(() => ReadAsync(table, Cancellation));
        Assert.Equal(("table storage", status, 2), (failure.Service, Assert.IsType<RequestFailedException>(failure.InnerException).Status, calls));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(409)]
    [InlineData(412)]
    public async Task A_service_that_says_no_is_not(int status) =>
        Assert.Equal(status, (await Assert.ThrowsAsync<RequestFailedException>(() => ReadAsync(Table(_ => new((HttpStatusCode)status)), Cancellation))).Status);

    [Fact]
    public async Task A_lost_connection_and_an_answer_that_does_not_come_are_unavailable()
    {
        await Assert.ThrowsAsync<UnavailableException>(() => ReadAsync(Table(_ => throw new HttpRequestException("refused")), Cancellation));
        await Assert.ThrowsAsync<UnavailableException>(() => ReadAsync(Table(_ => throw new TaskCanceledException("The operation exceeded its timeout.")), Cancellation));
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_told_so_and_not_that_the_service_is_down()
    {
        using var gaveUp = new CancellationTokenSource();
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(Table(_ => new(HttpStatusCode.OK)), gaveUp.Token));
    }

    private static async Task ReadAsync(TableClient table, CancellationToken cancellation) => await table.GetEntityAsync<TableEntity>("p", "r", cancellationToken: cancellation);

    private static TableClient Table(Func<HttpRequestMessage, HttpResponseMessage> answer)
    {
        var options = StorageClients.With(new TableClientOptions(), "table storage");
        options.Transport = new HttpClientTransport(new HttpClient(new Answers(answer)));
        (options.Retry.MaxRetries, options.Retry.Delay, options.Retry.MaxDelay) = (1, TimeSpan.Zero, TimeSpan.Zero);
        return new(new Uri("https://a.table.core.windows.net"), "t", new TableSharedKeyCredential("a", Convert.ToBase64String(new byte[32])), options);
    }

    private sealed class Answers(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }
}
