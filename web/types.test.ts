/** Never run: `tsc` says whether each call is right, and whether what must be wrong is. */

window.OKYAKU_API = 'https://okyaku.example.com';
window.OKYAKU_CONSENT = false;

ChannelIO('boot', { pluginKey: 'key' });
ChannelIO('boot', { pluginKey: 'key', memberId: 'lucas', memberHash: '99', profile: { name: 'Lucas', since: new Date() }, zIndex: 5 },
  (error, user) => {
    if (error) console.warn(error.status, error.commonErrorCode, error.details?.[0]?.field);
    else console.log(user?.id, user?.profile.name, user?.tags.length);
  });
ChannelIO('track', 'CheckoutComplete', { id: 'O-1', totalAmount: 1, shippingAmount: 0, products: [{ id: 'P-1', quantity: 2 }] });
ChannelIO('track', 'SignUp');
ChannelIO('updateUser', { profile: { size: 'L', plan: null }, tags: ['vip'], unsubscribe: true });
ChannelIO('updateUser', { profile: null }, (error) => console.log(error));
ChannelIO('updateUser', { profile: { mobileNumber: '12' } }, (_, user, dropped) => console.log(user?.id, dropped[0]?.field, dropped[0]?.message));
ChannelIO('addTags', ['vip']);
ChannelIO('removeTags', ['vip'], (_, user) => console.log(user?.tags));
ChannelIO('setPage', 'summer-sale');
ChannelIO('resetPage');
ChannelIO('consent', true);
ChannelIO('shutdown');
ChannelIO('showMessenger');
ChannelIO('onBadgeChanged', () => {});
window.ChannelIO?.('track', 'ProductView', { id: 'P-1' });

// @ts-expect-error there is no such method
ChannelIO('boost');
// @ts-expect-error a plugin key is needed
ChannelIO('boot', {});
// @ts-expect-error a memberId is text
ChannelIO('boot', { pluginKey: 'key', memberId: { id: 1 } });
// @ts-expect-error an event has a name
ChannelIO('track');
// @ts-expect-error a name is text
ChannelIO('track', 7);
// @ts-expect-error a property is an object
ChannelIO('track', 'AddToCart', ['P-1']);
// @ts-expect-error a function is not a value
ChannelIO('track', 'AddToCart', { then: () => {} });
// @ts-expect-error tags are a list
ChannelIO('addTags', 'vip');
// @ts-expect-error a tag is text
ChannelIO('updateUser', { tags: [1] });
ChannelIO('updateUser', { name: 'Lucas' });
ChannelIO('onBoot', (user) => user.id.length);
ChannelIO('onBadgeChanged', (unread) => unread + 1);
ChannelIO('clearCallbacks');
// @ts-expect-error there is no such key
ChannelIO('updateUser', { nick: 'Lucas' });
// @ts-expect-error yes or no
ChannelIO('consent', 'granted');
// @ts-expect-error it takes nothing
ChannelIO('shutdown', 'now');
// @ts-expect-error a page is text
ChannelIO('setPage', null);
