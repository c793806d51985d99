// #region plugin
import { VueQueryPlugin, type VueQueryPluginOptions } from '@tanstack/vue-query'
import { createApp } from 'vue'
import IssueTitle from './IssueTitle.vue'
import { queryKeyHashFn } from './query'

const options: VueQueryPluginOptions = {
  queryClientConfig: { defaultOptions: { queries: { queryKeyHashFn } } },
}

createApp(IssueTitle, { id: 1n }).use(VueQueryPlugin, options).mount('#app')
// #endregion plugin
